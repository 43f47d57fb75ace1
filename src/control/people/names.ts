import { DEFAULT_SPACE, REGISTRY_PRINCIPAL_ID } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { readPublished } from '../issuer/published.ts';
import { readIdentity } from '../manifest/identity.ts';
import type { Person } from './schema.ts';

/** Every principal id that a person can have. */
export type NamesOf = (id: string, person: Person) => readonly string[];

/** Reads how people are called here: by the embedded issuer, by the provider that pushes them, by the one that they signed in through, in agent tokens. */
export async function readNames(rows: Rows): Promise<NamesOf> {
  const { scim } = await readIdentity(rows, DEFAULT_SPACE);
  const embedded = (await readPublished(rows))?.issuer;
  return (id, { externalId, userName, subject }) => {
    const pushed = { id, externalId, userName }[scim?.subject ?? 'externalId'];
    const names = [
      embedded === undefined ? undefined : `${embedded}|${id}`, `sallyport|${userName}`, subject,
      scim === undefined || pushed === undefined ? undefined : `${scim.issuer}|${pushed}`,
    ];
    // A person may be called so, but is not the gate's own workload, and takes nothing of it along.
    return [...new Set(names.filter((name) => name !== undefined).filter((name) => name !== REGISTRY_PRINCIPAL_ID))];
  };
}
