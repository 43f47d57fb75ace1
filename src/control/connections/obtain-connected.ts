import { createHash } from 'node:crypto';
import type { AuthorizationCode } from '../../domain/server.ts';
import { discover, readChallenge, type Challenge, type Discovered } from '../../upstream/credentials/discovery.ts';
import type { Released, ReleaseRequest } from '../../upstream/credentials/leases.ts';
import { refused } from '../../upstream/credentials/refused.ts';
import { allowedScopes, scopesFor } from '../../upstream/credentials/scopes.ts';
import type { Stored } from '../stored.ts';
import { revocationId } from './keep.ts';
import { fetchFor, type Connectable, type ConnectionParts } from './parts.ts';
import type { Refresh } from './refresh.ts';
import type { Connection } from './schema.ts';

/** Until the server has said how it wants to be authorised, it is called without; then it says so. */
const UNASKED_MS = 10_000;

/**
 * The token of a person's own account, refreshed early; or the address at which they connect it: when there is no
 * connection yet, when it is broken, when the server moved to another issuer, and when the call needs more than was granted.
 */
export async function obtainConnected(parts: ConnectionParts, refresh: Refresh, at: Connectable, asked: ReleaseRequest): Promise<Released> {
  const { keep, store, now } = parts;
  const known = await keep.find(store, asked);
  if (known === undefined || !serves(known.body, at)) {
    return asked.challenge === undefined ? { kind: 'none', expiresAt: now() + UNASKED_MS } : connect(parts, at, asked);
  }
  const connection = await afterRefusal(parts, refresh, at, asked, known);
  if (connection === undefined) return connect(parts, at, asked);
  const needed = scopesFor(at.spec.scopes, asked.effect);
  if (!covers(connection.body.asked, needed)) return connect(parts, at, asked, connection);
  const fresh = isAging(connection.body, now()) ? await renewed(refresh, connection, at, now()) : connection;
  if (fresh === undefined) return connect(parts, at, asked);
  const { accessToken } = await keep.open(fresh);
  const { accessExpiresAt: expiresAt } = fresh.body;
  return { kind: 'header', name: 'authorization', value: `Bearer ${accessToken}`, expiresAt, id: revocationId(asked.space, fresh.id) };
}

function serves({ state, endpoint, provider, clientId }: Connection, { spec, url }: Connectable): boolean {
  const isDeclared = (spec.issuer ?? provider.issuer) === provider.issuer && (spec.clientId ?? clientId) === clientId;
  return state === 'active' && endpoint === url && isDeclared;
}

/** What a refusal makes of a connection: the same, the refreshed one, or `undefined` when its person must connect again. */
async function afterRefusal(
  parts: ConnectionParts, refresh: Refresh, at: Connectable, asked: ReleaseRequest, connection: Stored<Connection>,
): Promise<Stored<Connection> | undefined> {
  if (asked.challenge === undefined) return connection;
  const { accessToken } = await parts.keep.open(connection);
  // Another call was refused before, and there is a newer token already.
  if (asked.refused !== createHash('sha256').update(`Bearer ${accessToken}`).digest('hex')) return connection;
  const challenge = readChallenge(asked.challenge);
  if (challenge.isInsufficientScope) {
    // Bounded: what was asked for once, and refused all the same, is not asked for again.
    const isKnown = covers(connection.body.asked, allowedScopes(at.spec.scopes, challenge.scopes));
    if (isKnown) throw refused(at.server.id, 'the server refuses scopes that were granted');
    return undefined;
  }
  const { provider } = await discovered(parts, at, challenge);
  return provider.issuer === connection.body.provider.issuer ? refresh(connection, at) : undefined;
}

/** A token past half its life is renewed; as long as it holds, a provider that is down hinders nobody. */
async function renewed(refresh: Refresh, connection: Stored<Connection>, at: Connectable, now: number): Promise<Stored<Connection> | undefined> {
  try {
    return await refresh(connection, at);
  } catch (fault) {
    if (connection.body.accessExpiresAt > now) return connection;
    throw fault;
  }
}

function isAging({ accessExpiresAt, refreshedAt }: Connection, now: number): boolean {
  return now >= refreshedAt + (accessExpiresAt - refreshedAt) / 2;
}

async function connect(parts: ConnectionParts, at: Connectable, asked: ReleaseRequest, known?: Stored<Connection>): Promise<Released> {
  const { server, spec, url } = at;
  const origin = parts.origin();
  if (origin === undefined) throw refused(server.id, 'control has no door at which people could connect accounts');
  const challenge = readChallenge(asked.challenge ?? '');
  const before = (known ?? await parts.keep.find(parts.store, asked))?.body;
  const found = await discovered(parts, at, challenge);
  const { space, principal, agent, actors } = asked;
  const earlier = before?.provider.issuer === found.provider.issuer ? before.asked : [];
  const scopes = [...new Set([...earlier, ...wanted(spec, asked, challenge, found)])].toSorted();
  const wish = { space, server: server.id, principal, agent, actors: [...actors], endpoint: url, provider: found.provider, resource: found.resource, scopes };
  return { kind: 'connect', ...await parts.tickets.issue(wish, origin) };
}

/** The narrowest that the call needs: what an administrator declared for its effect, else what the server asks for. */
function wanted(spec: AuthorizationCode, { effect }: ReleaseRequest, challenge: Challenge, { scopes, provider }: Discovered): readonly string[] {
  const more = challenge.isInsufficientScope ? allowedScopes(spec.scopes, challenge.scopes) : [];
  const needed = spec.scopes === undefined ? scopes : [...scopesFor(spec.scopes, effect), ...more];
  // Without it most providers give no refresh token; with it, those that don't know it refuse (MCP 2026-07-28, SEP-2207).
  return provider.scopes_supported?.includes('offline_access') === true ? [...needed, 'offline_access'] : needed;
}

async function discovered(parts: ConnectionParts, { server, spec, url }: Connectable, challenge: Challenge): Promise<Discovered> {
  return discover({ serverUrl: url, challenge, issuer: spec.issuer, fetch: await fetchFor(parts, server), server: server.id });
}

function covers(have: readonly string[], need: readonly string[]): boolean {
  return need.every((scope) => have.includes(scope));
}
