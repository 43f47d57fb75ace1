import { createHash } from 'node:crypto';
import type { TokenClient } from '../../domain/server.ts';
import { obtainAsClient, type TokenAsk } from '../../upstream/credentials/client-credentials.ts';
import { readChallenge } from '../../upstream/credentials/discovery.ts';
import { obtainByIdJag } from '../../upstream/credentials/id-jag.ts';
import { isPersonal, type Released, type ReleaseRequest } from '../../upstream/credentials/leases.ts';
import { refused } from '../../upstream/credentials/refused.ts';
import { allowedScopes, scopesFor } from '../../upstream/credentials/scopes.ts';
import type { Grant } from '../../upstream/credentials/token-endpoint.ts';
import { obtainByExchange, type Subject } from '../../upstream/credentials/token-exchange.ts';
import type { OAuthFetch } from '../../upstream/guarded-fetch.ts';
import type { Stored } from '../stored.ts';
import type { Obtain } from './release.ts';
import type { StoredServer } from './schema.ts';

/** A token by the type of the server's entry. Whether the caller may have it was asked before (`release.ts`). */
export type ObtainToken = (server: Stored<StoredServer>, asked: ReleaseRequest) => Promise<Released>;

/** What control's release asks for, out of the receipt and the store. */
export const obtain: Obtain = (control, { server, stored, receipt, effect, challenge, refused: shown }) => {
  const { space, exchange, principal, agent, actors } = receipt;
  const asked = { space, server, exchange, principal, agent, actors };
  return control.connections.obtain({ id: server, space, body: stored }, {
    ...asked, ...(effect === undefined ? {} : { effect }), ...(challenge === undefined ? {} : { challenge }),
    ...(shown === undefined ? {} : { refused: shown }),
  });
};

/** For whom a token is asked, in tokens of our own: made for one exchange at one provider, within minutes. */
export type MintSubject = (
  who: Pick<ReleaseRequest, 'space' | 'principal' | 'agent' | 'actors'>, audience: string,
) => Promise<{ readonly subject: Subject; readonly actor?: Subject }>;

export interface ObtainParts {
  readonly readSecret: (space: string, reference: string) => Promise<string>;
  readonly fetchFor: (server: Stored<StoredServer>) => Promise<OAuthFetch>;
  readonly mintSubject: MintSubject;
  /** What the company's provider said of the person at their sign-in. */
  readonly identityOf: (principal: string, idpTokenUrl: string, server: string) => Promise<Subject>;
  /** A person's own account at the server. */
  readonly obtainConnected: ObtainToken;
  readonly now: () => number;
}

const HELD_MAX = 20_000;

interface Held {
  readonly grant: Grant;
  readonly scopes: readonly string[];
  readonly renewAt: number;
}

export function createObtainer(parts: ObtainParts): ObtainToken {
  const held = new Map<string, Held>();
  const flights = new Map<string, Promise<Held>>();

  const grantFor = async (server: Stored<StoredServer>, spec: TokenSpec, asked: ReleaseRequest): Promise<Grant> => {
    const key = keyOf(server, spec, asked);
    const known = held.get(key);
    const challenge = asked.challenge === undefined ? undefined : readChallenge(asked.challenge);
    const isRefused = known !== undefined && asked.refused === digestOf(known.grant);
    if (known !== undefined && !isRefused && parts.now() < known.renewAt) return known.grant;
    // Nobody is asked whether they agree, as a person who connects an account is: what is not declared is not asked for.
    const more = challenge?.isInsufficientScope === true ? allowedScopes(spec.scopes ?? [], challenge.scopes) : [];
    const scopes = [...new Set([...scopesFor(spec.scopes, asked.effect), ...(known?.scopes ?? []), ...more])];
    if (isRefused && challenge?.isInsufficientScope === true && scopes.length === known.scopes.length) {
      throw refused(server.id, 'the server refuses scopes that were asked for');
    }
    const flight = flights.get(key) ?? request(parts, server, spec, asked, scopes).finally(() => flights.delete(key));
    flights.set(key, flight);
    const fresh = await flight;
    held.delete(key);
    held.set(key, fresh);
    const oldest = held.size > HELD_MAX ? held.keys().next().value : undefined;
    if (oldest !== undefined) held.delete(oldest);
    return fresh.grant;
  };

  return async (server, asked) => {
    const spec = server.body.credentials;
    if (spec.type === 'authorization-code') return parts.obtainConnected(server, asked);
    if (!isTokenSpec(spec)) throw refused(server.id, `type ${spec.type} is no token`);
    const { token, expiresAt } = await grantFor(server, spec, asked);
    return { kind: 'header', name: 'authorization', value: `Bearer ${token}`, expiresAt };
  };
}

type TokenSpec = Extract<StoredServer['credentials'], TokenClient>;

function isTokenSpec(spec: StoredServer['credentials']): spec is TokenSpec {
  return 'tokenUrl' in spec;
}

async function request(
  parts: ObtainParts, server: Stored<StoredServer>, spec: TokenSpec, asked: ReleaseRequest, scopes: readonly string[],
): Promise<Held> {
  const { space, id } = server;
  const { endpoint } = server.body;
  const now = parts.now();
  const ask: TokenAsk = {
    fetch: await parts.fetchFor(server), server: id, now, scopes, secret: await parts.readSecret(space, spec.secret),
    resource: spec.resource ?? (endpoint.transport === 'stdio' ? '' : endpoint.url),
  };
  const grant = await grantOf(parts, spec, asked, ask);
  return { grant, scopes, renewAt: now + (grant.expiresAt - now) / 2 };
}

async function grantOf(parts: ObtainParts, spec: TokenSpec, asked: ReleaseRequest, ask: TokenAsk): Promise<Grant> {
  if (spec.type === 'client-credentials') return obtainAsClient(spec, ask);
  if (spec.type === 'token-exchange') {
    const { subject, actor } = await parts.mintSubject(asked, spec.tokenUrl);
    return obtainByExchange(spec, subject, actor, ask);
  }
  const identity = await parts.identityOf(asked.principal, spec.idpTokenUrl, asked.server);
  return obtainByIdJag(spec, identity, spec.idpSecret === undefined ? undefined : await parts.readSecret(asked.space, spec.idpSecret), ask);
}

/** The narrowest token of one caller, or of all callers where the gate asks as itself. */
function keyOf({ space, id, body }: Stored<StoredServer>, spec: TokenSpec, { principal, agent, actors, effect }: ReleaseRequest): string {
  return JSON.stringify([space, id, body.endpoint, spec, isPersonal(spec) ? [principal, agent, actors] : [], scopesFor(spec.scopes, effect)]);
}

function digestOf({ token }: Grant): string {
  return createHash('sha256').update(`Bearer ${token}`).digest('hex');
}
