import { isIP } from 'node:net';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';

/** The members that have something to say: absent values and empty lists and objects are left out. */
export function said(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  const kept: Record<string, Json> = {};
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) continue;
    kept[name] = value;
  }
  return kept;
}

/** A principal (`<issuer>|<subject>`, or a pseudonym) as a `user`. OCSF wants one where we know none: then it is `unknown`. */
export function userOf(principal: string | undefined, kind?: JournalRecord['principalKind']): JsonObject {
  if (principal === undefined || principal === '') return { uid: 'unknown', type_id: 0, type: 'Unknown' };
  const cut = principal.lastIndexOf('|');
  const [issuer, subject] = cut < 0 ? [undefined, principal] : [principal.slice(0, cut), principal.slice(cut + 1)];
  return said({ uid: principal, name: subject, domain: issuer, ...userType(principal, kind) });
}

function userType(principal: string, kind: JournalRecord['principalKind']): JsonObject {
  if (kind === 'person') return { type_id: 1, type: 'User' };
  if (kind === 'workload') return { type_id: 4, type: 'Service' };
  return principal.startsWith('sallyport|') ? { type_id: 3, type: 'System' } : { type_id: 0, type: 'Unknown' };
}

/** Who acts: the accountable principal, the agent as its application, the flow context as its session. */
export function actorOf(record: JournalRecord): JsonObject {
  const { principal, principalKind, agent, client, context, session, policies = [], snapshot } = record;
  const version = snapshot === undefined ? undefined : String(snapshot);
  const decision = record.code === undefined ? 'allow' : 'deny';
  return said({
    user: userOf(principal, principalKind),
    app_uid: agent,
    app_name: client === undefined ? undefined : said({ ...client })['name'],
    session: said({ uid: context ?? session, uid_alt: context === undefined ? undefined : session }),
    authorizations: policies.map((uid) => ({ decision, policy: said({ uid, version }) })),
  });
}

/** OCSF takes no address longer than this. */
export const IP_CHARS_MAX = 40;

/** Where it came from: an IP address as such, any other word of ours (`link`) as a name. */
export function sourceOf({ address }: JournalRecord): JsonObject {
  if (address === undefined || address === '') return { name: 'unknown' };
  return isIP(address) === 0 || address.length > IP_CHARS_MAX ? { name: address } : { ip: address };
}

/** The node of Sallyport that says so. */
export function deviceOf({ node }: JournalRecord): JsonObject {
  return { uid: node, name: node, type_id: 1, type: 'Server' };
}
