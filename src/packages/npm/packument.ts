import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import type { Sources } from '../ask.ts';
import { packageFault } from '../fault.ts';
import { byVersion, isExact, isTag, satisfies } from './range.ts';
import type { Wanted } from './range.ts';

const TEXTS = z.record(z.string(), z.string());
const PACKUMENT = z.object({
  name: z.string(), 'dist-tags': TEXTS.default({}), versions: z.record(z.string(), z.unknown()), modified: z.string().exactOptional(),
  time: z.record(z.string(), z.unknown()).exactOptional(),
});
const LIST = z.union([z.array(z.string()), z.string().transform((one) => [one])]);
const VERSION = z.object({
  name: z.string(), version: z.string(),
  dependencies: TEXTS.default({}), optionalDependencies: TEXTS.default({}), peerDependencies: TEXTS.default({}),
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().default(false) })).default({}),
  bundleDependencies: z.union([z.array(z.string()), z.boolean()]).exactOptional(),
  bundledDependencies: z.union([z.array(z.string()), z.boolean()]).exactOptional(),
  os: LIST.default([]), cpu: LIST.default([]), libc: LIST.default([]),
  deprecated: z.union([z.string(), z.boolean()]).exactOptional(),
  dist: z.object({ integrity: z.string().exactOptional(), tarball: z.string(), attestations: z.object({ url: z.string() }).exactOptional() }),
});
/** What the registry says of one version. */
export type NpmVersion = z.infer<typeof VERSION> & { readonly publishedAt?: number };

export interface NpmRegistry {
  /** The newest version that is wanted and old enough; the one tagged `latest` where that fits. Throws `ERR_PACKAGE_*`. */
  choose(wanted: Wanted): Promise<NpmVersion>;
}

type Packument = z.infer<typeof PACKUMENT>;

/** Asks the registry of each package's scope, once for each package, and believes only answers that are about what was asked. */
export function createNpmRegistry(sources: Sources): NpmRegistry {
  const known = new Map<string, Promise<Packument>>();
  const packument = (name: string): Promise<Packument> => {
    const found = known.get(name) ?? read(sources, name);
    known.set(name, found);
    return found;
  };
  return { choose: async (wanted) => choose(await packument(wanted.name), wanted, sources) };
}

/** `@corp/x` of a scope with its own registry is asked for there alone: a public package of that name is never seen. */
function registryOf({ npm, scopes }: Sources, name: string): string {
  const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : '';
  return (Object.hasOwn(scopes, scope) ? scopes[scope] : undefined) ?? npm;
}

async function read(sources: Sources, name: string): Promise<Packument> {
  const url = `${registryOf(sources, name)}/${name.replace('/', '%2f')}`;
  const short = await parse(sources, url, name, 'application/vnd.npm.install-v1+json');
  const modified = Date.parse(short.modified ?? '');
  // The short form has no times, and needs none where nothing changed since before the moment that counts.
  if (short.time !== undefined || modified < sources.publishedBefore) return short;
  return parse(sources, url, name, 'application/json');
}

async function parse({ ask }: Sources, url: string, name: string, accept: string): Promise<Packument> {
  const bytes = await ask(url, { bytesMax: LIMITS.packageDocumentBytesMax, accept });
  if (bytes === undefined) throw packageFault('ERR_PACKAGE_UNKNOWN', `npm:${name}`, 'the registry knows no such package');
  const packument = PACKUMENT.safeParse(parseJson(bytes), { reportInput: false });
  if (!packument.success || packument.data.name !== name) {
    throw packageFault('ERR_PACKAGE_INVALID', `npm:${name}`, 'the registry answered with something else than this package');
  }
  return packument.data;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function choose(packument: Packument, { name, spec }: Wanted, sources: Sources): NpmVersion {
  const tags = packument['dist-tags'];
  const tagged = isTag(spec) ? (Object.hasOwn(tags, spec) ? tags[spec] : undefined) : undefined;
  const what = `npm:${name}@${spec === '' ? '*' : spec}`;
  if (isTag(spec) && tagged === undefined) throw packageFault('ERR_PACKAGE_UNKNOWN', what, 'the registry knows no such tag');
  const fits = (version: string): boolean => (tagged === undefined ? satisfies(version, spec) : spec === 'latest' && satisfies(version, `<=${tagged}`));
  const all = isExact(spec) ? [spec].filter((version) => Object.hasOwn(packument.versions, version))
    : Object.keys(packument.versions).filter(isExact).filter(fits);
  const first = tagged ?? (satisfies(tags['latest'] ?? '', spec) ? tags['latest'] : undefined);
  const isThere = (version: string): boolean => Object.hasOwn(packument.versions, version);
  const order = [...new Set([...(first === undefined ? [] : [first]), ...all.toSorted(byVersion)])].filter(isThere);
  if (order.length === 0) throw packageFault('ERR_PACKAGE_UNKNOWN', what, 'the registry has no such version');
  const old = order.filter((version) => isOldEnough(packument, version, sources));
  const [newest] = old;
  if (newest === undefined) throw packageFault('ERR_PACKAGE_TOO_NEW', what,
    `every version that fits is younger than the cooling-off time, or nobody knows its age`);
  for (const version of old) {
    const found = readVersion(packument, version);
    if (found.deprecated === undefined || found.deprecated === false) return found;
  }
  return readVersion(packument, newest);
}

function publishedAt({ time, modified }: Packument, version: string): number | undefined {
  const at = time?.[version] ?? (time === undefined ? modified : undefined);
  const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isOldEnough(packument: Packument, version: string, { publishedBefore, excepts }: Sources): boolean {
  return (publishedAt(packument, version) ?? Number.POSITIVE_INFINITY) <= publishedBefore || excepts('cooling-off', 'npm', packument.name);
}

function readVersion(packument: Packument, version: string): NpmVersion {
  const parsed = VERSION.safeParse(packument.versions[version], { reportInput: false });
  if (!parsed.success || parsed.data.name !== packument.name || parsed.data.version !== version) {
    throw packageFault('ERR_PACKAGE_INVALID', `npm:${packument.name}@${version}`, 'the registry describes another package, or none, under this version');
  }
  const at = publishedAt(packument, version);
  return { ...parsed.data, ...(at === undefined || packument.time === undefined ? {} : { publishedAt: at }) };
}
