import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import { readIdentity } from '../manifest/identity.ts';
import { readNetwork } from '../manifest/settings.ts';
import { listStored } from '../stored.ts';
import type { Person } from './schema.ts';

/** What of people's doings is over, as a lease carries it: principals as `<space>/<id>`. */
export interface RevokedPeople {
  readonly principals: readonly string[];
  /** Reactivated people: what was issued before (epoch ms) stays dead until nothing of it can be alive any more. */
  readonly notBefore: Readonly<Record<string, number>>;
}

/** `issuer`: the embedded one as it is reached now, if its door is open. */
export async function readRevokedPeople(rows: Rows, now: number, issuer?: string): Promise<RevokedPeople> {
  const people = await listStored(rows, 'person', DEFAULT_SPACE);
  const over = people.filter(({ body }) => !body.active || stillDead(body, now) !== undefined);
  if (over.length === 0) return { principals: [], notBefore: {} };
  const [spaces, nameOf] = [await spacesOf(rows), await namer(rows, issuer)];
  const inSpaces = (id: string, person: Person): readonly string[] => nameOf(id, person).flatMap((name) => spaces.map((space) => `${space}/${name}`));
  return {
    principals: over.filter(({ body }) => !body.active).flatMap(({ id, body }) => inSpaces(id, body)),
    notBefore: Object.fromEntries(over.flatMap(({ id, body }) => {
      const at = body.active ? stillDead(body, now) : undefined;
      return at === undefined ? [] : inSpaces(id, body).map((name) => [name, at] as const);
    })),
  };
}

/** Whether nothing of a principal works any more. Unknown people are somebody else's: their issuer answers for them. */
export async function isRevoked(rows: Rows, principal: string, issuedAt = Infinity): Promise<boolean> {
  const nameOf = await namer(rows);
  const subject = principal.slice(principal.lastIndexOf('|') + 1);
  const found = (await listStored(rows, 'person', DEFAULT_SPACE)).find(({ id, body }) => id === subject || nameOf(id, body).includes(principal));
  return found !== undefined && (!found.body.active || issuedAt <= (found.body.notBefore ?? -1));
}

function stillDead({ notBefore }: Person, now: number): number | undefined {
  return notBefore !== undefined && now - notBefore < LIMITS.tokenLifetimeMsMax ? notBefore : undefined;
}

/** Every principal id that a person can have: here, at the provider that pushes them, at the one that they signed in by, and in agent tokens. */
async function namer(rows: Rows, issuer?: string): Promise<(id: string, person: Person) => readonly string[]> {
  const { scim } = await readIdentity(rows, DEFAULT_SPACE);
  const { control } = await readNetwork(rows);
  const embedded = [issuer, control?.publicUrl].flatMap((url) => (url === undefined ? [] : [new URL(url).origin]));
  return (id, { externalId, userName, subject }) => {
    const pushed = { id, externalId, userName }[scim?.subject ?? 'externalId'];
    return [...new Set([
      ...embedded.map((one) => `${one}|${id}`), `sallyport|${userName}`,
      ...(subject === undefined ? [] : [subject]), ...(scim === undefined || pushed === undefined ? [] : [`${scim.issuer}|${pushed}`]),
    ])];
  };
}

async function spacesOf(rows: Rows): Promise<readonly string[]> {
  const found = [...(await rows.list('server')), ...(await rows.list('toolset')), ...(await rows.list('agent')), ...(await rows.list('token'))];
  return [...new Set([DEFAULT_SPACE, ...found.map(({ space }) => space)])].sort();
}
