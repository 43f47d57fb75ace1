import type { Problem } from './diagnostic.ts';
import { compareWithCedar } from './equivalence.ts';
import { digestOfText } from './parse.ts';
import type { Program, ProgramPolicy } from './program.ts';
import type { RecordShape } from './shape.ts';
import type { Slice } from './schema.ts';
import { validatePolicies } from './validate.ts';
import { isAdministrative } from './vocabulary.ts';

/** What Cedar said of a policy under a slice: kept by digests of both, since neither validation nor comparison reads more. */
export type Verified = ReadonlyMap<string, readonly Problem[]>;

export interface Unverified {
  readonly text: string;
  readonly digest: string;
  readonly policy: ProgramPolicy;
  /** The arguments' shape, where it reads them. */
  readonly shape?: RecordShape;
}

/** Policies to one call of the validator, and to one turn of the event loop. */
const BATCH = 100;

/** A server for comparisons while none is registered. */
const SOME_SERVER: Program['servers'] = { server: { space: 'default', tier: 'internal', hosting: 'self' } };

/**
 * Validates each policy strictly against its slice and compares its compiled form with Cedar. `problems` has one entry a
 * policy, in order; what `previous` knows is not asked again.
 */
export async function verifyPolicies(
  work: readonly Unverified[],
  servers: Program['servers'],
  previous: Verified | undefined,
): Promise<{ readonly problems: readonly (readonly Problem[])[]; readonly kept: Verified }> {
  const kept = new Map<string, readonly Problem[]>();
  const slices = new Map<string, { readonly of: Slice | undefined; readonly missing: { readonly key: string; readonly item: Unverified }[] }>();
  const keys = work.map((item) => {
    const of = isAdministrative(item.policy.actions) ? 'administration' : item.shape;
    const slice = of === undefined ? '' : typeof of === 'string' ? of : digestOfText(JSON.stringify(of));
    const key = `${item.digest}.${slice}`;
    const known = previous?.get(key);
    if (known !== undefined) kept.set(key, known);
    else {
      const entry = slices.get(slice) ?? { of, missing: [] };
      entry.missing.push({ key, item });
      slices.set(slice, entry);
    }
    return key;
  });
  for (const { of, missing } of slices.values()) {
    for (let from = 0; from < missing.length; from += BATCH) {
      const batch = missing.slice(from, from + BATCH);
      const invalid = validatePolicies(new Map(batch.map(({ key, item }) => [key, item.text])), of);
      for (const { key, item } of batch) {
        const found = invalid.get(key) ?? [];
        kept.set(key, found.some(({ severity }) => severity !== 'warning') ? found : [...found, ...compare(item, servers)]);
      }
      await Bun.sleep(0);
    }
  }
  return { problems: keys.map((key) => kept.get(key) ?? []), kept };
}

function compare({ text, digest, policy, shape }: Unverified, servers: Program['servers']): readonly Problem[] {
  const tool = policy.resource.exactly?.[1];
  const shapes = shape === undefined || tool === undefined ? {} : { [tool]: shape };
  const facts = { servers: Object.keys(servers).length === 0 ? SOME_SERVER : servers, shapes };
  const problem = compareWithCedar(text, policy, facts, Number.parseInt(digest.slice(0, 8), 16));
  return problem === undefined ? [] : [problem];
}
