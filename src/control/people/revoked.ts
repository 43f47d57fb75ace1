import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { readNames } from './names.ts';
import type { Person } from './schema.ts';

/** What of people's doings is over, as a lease carries it: principals as `<space>/<id>`. */
export interface RevokedPeople {
  readonly principals: readonly string[];
  /** Reactivated people: what was issued at or before this time (epoch ms) stays dead until nothing of it can be alive any more. */
  readonly notBefore: Readonly<Record<string, number>>;
}

export async function readRevokedPeople(rows: Rows, now: number): Promise<RevokedPeople> {
  const people = await listStored(rows, 'person', DEFAULT_SPACE);
  const over = people.filter(({ body }) => !body.active || isRecent(body, now));
  if (over.length === 0) return { principals: [], notBefore: {} };
  const [spaces, namesOf] = [await spacesOf(rows), await readNames(rows)];
  const namesIn = ({ id, body }: Stored<Person>): readonly string[] => namesOf(id, body).flatMap((name) => spaces.map((space) => `${space}/${name}`));
  // A directory may delete somebody and push them anew: the name is the new one's, and only what was issued before is dead.
  const claimed = new Set(people.filter(({ body }) => body.active).flatMap(namesIn));
  const notBefore: Record<string, number> = {};
  for (const person of over) {
    if (!isRecent(person.body, now)) continue;
    for (const name of namesIn(person)) if (claimed.has(name)) notBefore[name] = Math.max(notBefore[name] ?? 0, person.body.notBefore ?? 0);
  }
  const principals = over.filter(({ body }) => !body.active).flatMap(namesIn).filter((name) => !claimed.has(name));
  return { principals: [...new Set(principals)], notBefore };
}

/** Whether nothing of a principal works any more, or nothing that was issued then. Unknown people are somebody else's: their issuer answers for them. */
export async function isRevoked(rows: Rows, principal: string, issuedAt = Infinity): Promise<boolean> {
  const namesOf = await readNames(rows);
  const own = (await listStored(rows, 'person', DEFAULT_SPACE)).filter(({ id, body }) => principal.endsWith(`|${id}`) || namesOf(id, body).includes(principal));
  if (own.length === 0) return false;
  return !own.some(({ body }) => body.active) || own.some(({ body }) => issuedAt <= (body.notBefore ?? -1));
}

function isRecent({ notBefore }: Person, now: number): boolean {
  return notBefore !== undefined && now - notBefore < LIMITS.tokenLifetimeMsMax;
}

async function spacesOf(rows: Rows): Promise<readonly string[]> {
  const found = [...(await rows.list('server')), ...(await rows.list('toolset')), ...(await rows.list('agent')), ...(await rows.list('token'))];
  return [...new Set([DEFAULT_SPACE, ...found.map(({ space }) => space)])].sort();
}
