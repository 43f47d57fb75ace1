import { readEntry } from '../../packages/entry.ts';
import { purlOf } from '../../packages/purl.ts';
import type { Baseline, Effect } from '../../domain/server.ts';
import type { Control } from '../control.ts';
import type { StoredServer } from '../servers/schema.ts';
import type { Listing } from './schema.ts';

type Facts = Pick<Listing, 'digest' | 'approvedAt' | 'tools' | 'effects' | 'package'>;

/**
 * What is true of a server at the moment of its publication. What a package's provenance is was verified when it was installed, and
 * stands in the entry that its digest names. Throws `ERR_PACKAGE_MISSING`, `ERR_PACKAGE_TAMPERED`.
 */
export async function factsOf({ endpoint }: StoredServer, { digest, approvedAt, surface }: Baseline, { packages }: Pick<Control, 'packages'>): Promise<Facts> {
  const effects: Partial<Record<Effect, number>> = {};
  for (const { effect } of surface.tools) effects[effect] = (effects[effect] ?? 0) + 1;
  const facts = { digest, approvedAt, tools: surface.tools.length, effects };
  const pin = endpoint.transport === 'stdio' ? endpoint.launch.package : undefined;
  if (pin === undefined) return facts;
  const named = { purl: purlOf(pin), digest: pin.digest };
  // An image is named by what it is; nobody's signature on it is looked at.
  if (pin.ecosystem === 'oci') return { ...facts, package: named };
  const entry = await readEntry(packages.folder, pin.digest);
  const provenance = entry.packages.find(({ name }) => name === entry.name)?.provenance;
  return {
    ...facts,
    package: {
      ...named, packages: entry.packages.length, attested: entry.packages.filter((one) => one.provenance !== undefined).length,
      ...(provenance === undefined ? {} : { provenance }),
    },
  };
}
