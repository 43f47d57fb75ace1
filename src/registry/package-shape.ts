import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { SAFE_URL } from './manifest-words.ts';

/** `packages:` of sallyport.yaml: where packages come from, how old they must be, and who must say that they built them. */

const SPANS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const REGISTRY = SAFE_URL.refine((text) => !/[?#]/.test(text), { error: 'must be the address of a registry, without a query' });
const SCOPE = z.string().regex(/^@[a-z0-9~-][a-z0-9._~-]*$/, 'must be a scope, for instance @corp');
export const SPAN = z.string().regex(/^\d{1,7}[mhd]$/, 'must be a span of time: 12h, 7d')
  .refine((text) => spanOf(text) <= LIMITS.packageCoolingOffMsMax, { error: 'must be 366d at most' });

/** As exceptions name a package: whatever version, since those who wait for one don't know it yet. */
export const PACKAGE_NAME = z.string().max(300)
  .regex(/^(?:npm:(?:@[a-z0-9~-][\w.~-]*\/)?[A-Za-z0-9~_-][\w.~-]*|pypi:[a-z0-9]+(?:-[a-z0-9]+)*)$/, 'must be npm:NAME or pypi:name, without a version');

export const PACKAGES_SHAPE = z.strictObject({
  npm: REGISTRY.exactOptional(),
  scopes: z.record(SCOPE, REGISTRY).exactOptional(),
  pypi: REGISTRY.exactOptional(),
  coolingOff: SPAN.exactOptional(),
  provenance: z.enum(['required', 'checked']).exactOptional(),
});
export type PackagesShape = z.infer<typeof PACKAGES_SHAPE>;

export interface PackagePolicy {
  readonly npm: string;
  readonly scopes: Readonly<Record<string, string>>;
  readonly pypi: string;
  readonly coolingOffMs: number;
  readonly provenance: 'required' | 'checked';
}

/** With every default written out; addresses without a slash at their end. */
export function readPackagePolicy({ npm, scopes = {}, pypi, coolingOff, provenance }: PackagesShape): PackagePolicy {
  return {
    npm: bare(npm ?? 'https://registry.npmjs.org'), pypi: bare(pypi ?? 'https://pypi.org/simple'),
    scopes: Object.fromEntries(Object.entries(scopes).map(([scope, url]) => [scope, bare(url)])),
    coolingOffMs: coolingOff === undefined ? LIMITS.packageCoolingOffMs : spanOf(coolingOff), provenance: provenance ?? 'checked',
  };
}

function bare(url: string): string {
  return url.replace(/\/+$/, '');
}

/** In milliseconds. */
export function spanOf(text: string): number {
  const unit = text.at(-1);
  return unit === 'm' || unit === 'h' || unit === 'd' ? Number.parseInt(text, 10) * SPANS_MS[unit] : 0;
}
