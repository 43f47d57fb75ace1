import type { Agent } from '../domain/agent.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Route } from '../domain/inbound.ts';
import type { Principal } from '../domain/principal.ts';
import { expiredToken, otherAudience } from './agent-token.ts';
import type { Vouched } from './claims.ts';
import { invalidToken } from './credential.ts';

/** An OAuth client that is no registered agent: a finding for control. */
export interface UnknownClient {
  readonly space: string;
  readonly issuer: string;
  readonly client: string;
  readonly principal: string;
}

/** Registered agents by space and client; see `clientKey`. */
export type AgentIndex = ReadonlyMap<string, Agent>;

/** `client` is `<issuer>|<client_id>`. */
function clientKey(space: string, client: string): string {
  return `${space} ${client}`;
}

export function indexAgents(agents: readonly Agent[]): AgentIndex {
  return new Map(agents.flatMap((agent) => agent.clients.map((client) => [clientKey(agent.space, client), agent] as const)));
}

/** Where a token is used. */
export interface Place {
  readonly route: Route;
  /** The route's canonical URIs: one for each door. */
  readonly uris: readonly string[];
  readonly now: number;
}

/**
 * What an issuer vouched for → Principal, on this route and now: everything about a token that time and place change.
 * Whether a registration has ended is asked where it is known what it allows (`policy/ceiling.ts`).
 * Throws ERR_TOKEN_INVALID, _EXPIRED, _AUDIENCE, ERR_AGENT_UNKNOWN.
 */
export function principalOf(vouched: Vouched, place: Place, agents: AgentIndex, onUnknownClient: (unknown: UnknownClient) => void): Principal {
  const { issuer, subject, client } = vouched;
  const { route: { space }, uris, now } = place;
  if (now >= vouched.expiresAt) throw expiredToken();
  if (now < vouched.notBefore) throw invalidToken('not yet valid');
  if (!issuer.spaces.includes(space) || (vouched.space !== undefined && vouched.space !== space)) throw invalidToken('another space');
  if (!vouched.audience.some((one) => uris.includes(one) || issuer.audience.includes(one))) throw otherAudience(uris[0] ?? '');
  const id = `${issuer.issuer}|${subject}`;
  const agentOf = (name: string): string => {
    const agent = agents.get(clientKey(space, name));
    if (agent !== undefined) return agent.id;
    const bar = name.indexOf('|');
    onUnknownClient({ space, issuer: name.slice(0, bar), client: name.slice(bar + 1), principal: id });
    throw new SallyportError('ERR_AGENT_UNKNOWN', 'This client is not registered here.', {
      remedy: 'Ask an administrator to register it: sallyport agent register.', internal: name,
    });
  };
  const agent = agentOf(`${issuer.issuer}|${client}`);
  const actors = vouched.actors.map((actor) => agentOf(actor));
  if (new Set(actors).size !== actors.length) throw invalidToken('an actor twice');
  return {
    id, kind: vouched.kind, space, groups: vouched.groups, agent, actors,
    proof: vouched.jkt !== undefined ? 'dpop' : vouched.x5t !== undefined ? 'mtls' : 'bearer',
    tokenAgeMs: Math.max(0, now - vouched.issuedAt),
    expiresAt: vouched.expiresAt,
    credential: `${issuer.issuer}|${vouched.id}`,
    ...(vouched.grant === undefined ? {} : grantOf(vouched, vouched.grant)),
    ...(issuer.scopes === 'ignored' ? {} : { scopes: vouched.scopes }),
  };
}

/** Of our own tokens, those that somebody signed in for say when; in others a session of their issuer's stands only where there is one. */
function grantOf({ issuer, signedInAt, kind }: Vouched, name: string): Pick<Principal, 'grant' | 'signIn'> {
  const grant = `${issuer.issuer}|${name}`;
  return kind === 'person' && (!issuer.embedded || signedInAt !== undefined) ? { grant, signIn: grant } : { grant };
}
