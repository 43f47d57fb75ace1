import { randomBytes } from 'node:crypto';
import { LIMITS } from '../../domain/limits.ts';
import { beginAuthorization, checkIssuer, redeemCode } from '../../upstream/credentials/authorization-code.ts';
import { refused } from '../../upstream/credentials/refused.ts';
import { needStored } from '../stored.ts';
import { CALLBACK_PATH, chooseClient } from './client.ts';
import { connectionId, granted } from './keep.ts';
import { connectable, fetchFor, type Connectable, type ConnectionParts } from './parts.ts';
import { PENDING, type Pending, type Ticket } from './schema.ts';
import { invalid, keyOf } from './tickets.ts';

const STATE_BYTES = 32;

/** The server that a ticket is for, if it is still the same. */
export async function serverOf({ store }: Pick<ConnectionParts, 'store'>, { space, server, endpoint }: Ticket): Promise<Connectable> {
  const found = connectable(await needStored(store, 'server', space, server));
  if (found.url !== endpoint) throw invalid();
  return found;
}

/**
 * The person agreed: the ticket is used up, and their browser goes to the provider with a state that only this browser can
 * come back with. Gives the URL. Throws `ERR_CONNECTION_INVALID`, `ERR_UPSTREAM_*`.
 */
export async function beginConnection(parts: ConnectionParts, ticketText: string, browser: string): Promise<string> {
  const ticket = await parts.tickets.use(ticketText);
  const { server, spec } = await serverOf(parts, ticket);
  const origin = parts.origin();
  if (origin === undefined) throw refused(server.id, 'control has no door');
  const { space, provider, resource, scopes } = ticket;
  const client = await chooseClient(parts, {
    spec, provider, origin, space, server: server.id, scopes, fetch: await fetchFor(parts, server),
    secretOf: (reference) => parts.readSecret(space, reference),
  });
  const state = randomBytes(STATE_BYTES).toString('base64url');
  const redirectUri = origin + CALLBACK_PATH;
  const { url, verifier } = await beginAuthorization({ provider, client, resource, server: server.id }, redirectUri, scopes, state);
  const pending: Pending = { ticket, client, verifier, browser, redirectUri };
  const key = keyOf('state', state);
  // Kept only now: what nobody agreed to can't be answered (MCP security best practices, confused deputy).
  await parts.state.set(key, await parts.sealer.seal(['connection', key], JSON.stringify(pending)), LIMITS.connectTicketMs);
  return url;
}

/** What came back from a provider, as the callback's query says it. */
export interface CallbackAnswer {
  readonly code: string | undefined;
  readonly iss: string | undefined;
  readonly error: string | undefined;
}

/** Gives out a pending authorization once, and only to the browser that it was made in. Throws `ERR_CONNECTION_INVALID`. */
export async function takePending(parts: ConnectionParts, state: string, browser: string | undefined): Promise<Pending> {
  const key = keyOf('state', state);
  const sealed = /^[\w-]{43}$/.test(state) ? await parts.state.get(key) : undefined;
  if (sealed === undefined) throw invalid();
  const pending = PENDING.parse(JSON.parse(await parts.sealer.open(['connection', key], sealed)));
  if (browser === undefined || pending.browser !== browser) throw invalid();
  if (!(await parts.state.setIfAbsent(keyOf('answered', state), '1', LIMITS.connectTicketMs))) throw invalid();
  await parts.state.delete(key);
  return pending;
}

/** Redeems the code and keeps the connection; recorded before it is kept. Throws `ERR_UPSTREAM_*`. False: the person or the provider said no. */
export async function finishConnection(parts: ConnectionParts, { ticket, client, verifier, redirectUri }: Pending, answer: CallbackAnswer): Promise<boolean> {
  const { space, provider, resource } = ticket;
  const { server, url } = await serverOf(parts, ticket);
  const authorization = { provider, client, resource, server: server.id };
  checkIssuer(authorization, answer.iss);
  if (answer.error !== undefined || answer.code === undefined) return false;
  const grant = await redeemCode(authorization, {
    code: answer.code, iss: answer.iss, verifier, redirectUri, fetch: await fetchFor(parts, server), now: parts.now(),
  });
  const { principal, agent, actors, scopes } = ticket;
  const id = connectionId(ticket);
  await parts.record({
    event: 'config.changed', space, principal, agent, server: server.id, action: 'connection.create',
    detail: { resource: 'connection', id, verb: 'create', issuer: provider.issuer, scopes: [...(grant.scopes ?? scopes)] },
  });
  const now = parts.now();
  await parts.keep.write(parts.store, space, {
    server: server.id, principal, agent, actors, endpoint: url, provider, clientId: client.client_id, resource, connectedAt: now,
    ...granted(grant, scopes, now),
  }, { client, accessToken: grant.token, ...(grant.refreshToken === undefined ? {} : { refreshToken: grant.refreshToken }) });
  return true;
}
