import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { CredentialSpec, Effect } from '../../domain/server.ts';
import { readCertificate } from './mtls.ts';
import { refused } from './refused.ts';
import { scopesFor } from './scopes.ts';

/** Asks control for one server's credential, against the record of the exchange that needs it (invariant 8). */
export type Release = (request: ReleaseRequest) => Promise<Released>;

export interface ReleaseRequest {
  readonly space: string;
  readonly server: string;
  readonly exchange: string;
  /** Who is behind the call; per-person credentials are theirs through this agent and chain. */
  readonly principal: string;
  readonly agent: string;
  readonly actors: readonly string[];
  /** What the call does: the narrowest scopes for it are asked for. */
  readonly effect?: Effect;
  /** The server's `WWW-Authenticate`, when it refused what it was shown; empty when it said nothing that can be read. */
  readonly challenge?: string;
  /** Hex SHA-256 of the value that it refused; of nothing when it was shown nothing. */
  readonly refused?: string;
}

/**
 * `expiresAt`: epoch ms. `id` is what a revocation names. `none`: nothing to show yet, or nothing other than what was refused; the
 * server's own refusal says how to go on.
 */
export type Released =
  | { readonly kind: 'header'; readonly name: string; readonly value: string; readonly expiresAt: number; readonly id?: string }
  | { readonly kind: 'certificate'; readonly pem: string; readonly expiresAt: number; readonly id?: string }
  | { readonly kind: 'none'; readonly expiresAt: number }
  | { readonly kind: 'connect'; readonly url: string; readonly id: string };

export type Credential =
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | { readonly kind: 'certificate'; readonly cert: string; readonly key: string };

/** How a server refused what it was shown. */
export interface CredentialRefusal {
  readonly status: 401 | 403;
  readonly challenge: string | null;
}

export interface Credentials {
  /**
   * What the server is shown; `undefined` when it wants nothing, or there is nothing yet. Throws `ERR_UPSTREAM_CREDENTIAL`, and
   * `ERR_UPSTREAM_CONNECT` with the address at which a person connects their account; nothing was dispatched then.
   */
  present(exchange: Exchange): Credential | undefined | Promise<Credential | undefined>;
  /** Another credential in place of one that was refused; `undefined` when there is none other. Throws as `present` does. */
  another(exchange: Exchange, shown: Credential | undefined, refusal: CredentialRefusal): Promise<Credential | undefined>;
  /** Drops what is held for this exchange's caller. */
  forget(exchange: Exchange): void;
  /** Drops what has expired, and what belongs to those whom `ended` names: revoked, deactivated, killed. */
  sweep(now: number, ended: (exchange: Exchange) => boolean): void;
  readonly size: number;
}

interface Lease {
  readonly credential: Credential | undefined;
  readonly expiresAt: number;
  renewAt: number;
  /** Who it was released for, as kill switches and revocations name them. */
  readonly holder: Exchange;
  readonly id: string | undefined;
}

interface Asking {
  readonly lease: Promise<Lease>;
  /** Forgotten meanwhile: who waits gets the answer, nobody else. */
  isDropped: boolean;
}

const RETRY_MS = 5_000;

/** Credentials of servers, released one at a time and held in memory only: renewed at half-life, gone when they end. */
export function createCredentials(release: Release, now: () => number = Date.now): Credentials {
  const held = new Map<string, Lease>();
  const asking = new Map<string, Asking>();

  const hold = (key: string, lease: Lease): void => {
    held.delete(key);
    held.set(key, lease);
    const oldest = held.size > LIMITS.upstreamLeasesMax ? held.keys().next().value : undefined;
    if (oldest !== undefined) held.delete(oldest);
  };
  /** One question at a time for each key; the answer is held unless it was forgotten while it was on its way. */
  const ask = (key: string, exchange: Exchange, more: Pick<ReleaseRequest, 'challenge' | 'refused'> = {}): Promise<Lease> => {
    const waiting = asking.get(key);
    if (waiting !== undefined) return waiting.lease;
    const mine: Asking = { lease: obtain(release, exchange, more, now), isDropped: false };
    asking.set(key, mine);
    const settle = (): void => void (asking.get(key) === mine && asking.delete(key));
    mine.lease.then((lease) => {
      if (!mine.isDropped && lease.expiresAt > now()) hold(key, lease);
      settle();
    }, settle);
    return mine.lease;
  };
  const renew = (key: string, lease: Lease, exchange: Exchange): void => {
    lease.renewAt = now() + RETRY_MS;
    // What is held goes on until it ends; whoever needs it then hears why it could not be renewed.
    ask(key, exchange).catch(() => undefined);
  };
  const drop = (key: string): void => {
    held.delete(key);
    const waiting = asking.get(key);
    if (waiting !== undefined) waiting.isDropped = true;
    asking.delete(key);
  };

  return {
    present(exchange) {
      if (exchange.server.credentials.type === 'none') return undefined;
      const key = keyOf(exchange);
      const lease = held.get(key);
      if (lease === undefined || lease.expiresAt <= now()) {
        held.delete(key);
        return ask(key, exchange).then(({ credential }) => credential);
      }
      if (lease.renewAt <= now()) renew(key, lease, exchange);
      return lease.credential;
    },
    async another(exchange, shown, refusal) {
      if (exchange.server.credentials.type === 'none' || shown?.kind === 'certificate') return undefined;
      const key = keyOf(exchange);
      const lease = held.get(key);
      // Somebody else's call was refused as well, and has asked already.
      if (lease !== undefined && lease.expiresAt > now() && !same(lease.credential, shown)) return lease.credential;
      drop(key);
      const { credential } = await ask(key, exchange, {
        challenge: readable(refusal.challenge),
        refused: createHash('sha256').update(shown?.value ?? '').digest('hex'),
      });
      if (!same(credential, shown)) return credential;
      drop(key);
      return undefined;
    },
    forget: (exchange) => drop(keyOf(exchange)),
    sweep(at, ended) {
      for (const [key, { expiresAt, holder, id }] of held) {
        const isRevoked = id !== undefined && ended({ ...holder, principal: { ...holder.principal, credential: id } });
        if (expiresAt <= at || ended(holder) || isRevoked) drop(key);
      }
    },
    get size() {
      return held.size;
    },
  };
}

async function obtain(
  release: Release, exchange: Exchange, more: Pick<ReleaseRequest, 'challenge' | 'refused'>, now: () => number,
): Promise<Lease> {
  const { onBehalfOf, call: { resource }, server: { id: server, space } } = exchange;
  let released: Released;
  try {
    released = await release({
      space, server, exchange: exchange.id, principal: onBehalfOf.id, agent: onBehalfOf.agent, actors: onBehalfOf.actors, ...more,
      ...(resource.effect === undefined ? {} : { effect: resource.effect }),
    });
  } catch (cause) {
    throw refused(server, cause instanceof SallyportError ? `not released: ${cause.code}` : 'not released', cause);
  }
  if (released.kind === 'connect') throw connect(server, released.url, released.id);
  const at = now();
  return {
    credential: credentialOf(released, server, at),
    expiresAt: released.expiresAt,
    renewAt: at + (released.expiresAt - at) / 2,
    holder: { ...exchange, principal: onBehalfOf },
    id: released.kind === 'none' ? undefined : released.id,
  };
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const VALUE = /^[\x20-\x7e]{1,8192}$/;
/** Headers that belong to the transport or the protocol; a credential that took one would change what is said. */
const RESERVED = /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|accept(?:-.*)?|mcp-.*|last-event-id|cookie|expect|proxy-.*|keep-alive)$/;

function credentialOf(released: Exclude<Released, { kind: 'connect' }>, server: string, now: number): Credential | undefined {
  if (released.kind === 'none') return undefined;
  if (released.kind === 'certificate') {
    const { cert, key } = readCertificate(released.pem, server, now);
    return { kind: 'certificate', cert, key };
  }
  const name = released.name.toLowerCase();
  if (!TOKEN.test(name) || RESERVED.test(name)) throw refused(server, `header name ${JSON.stringify(released.name.slice(0, 100))}`);
  if (!VALUE.test(released.value)) throw refused(server, 'value is not printable ASCII');
  return { kind: 'header', name, value: released.value };
}

function same(one: Credential | undefined, other: Credential | undefined): boolean {
  return one?.kind === 'header' && other?.kind === 'header' ? one.value === other.value : one === other;
}

/** What a server says of how to be authorised is passed on within bounds, and only if it is plain text. */
function readable(challenge: string | null): string {
  return challenge !== null && challenge.length <= LIMITS.upstreamChallengeCharsMax && /^[\x20-\x7e]+$/.test(challenge) ? challenge : '';
}

/** Credentials that are one caller's own: nobody else, and no other agent of theirs, is shown to a server by them. */
const PERSONAL: ReadonlySet<CredentialSpec['type']> = new Set(['token-exchange', 'id-jag', 'authorization-code']);

export function isPersonal(spec: CredentialSpec): boolean {
  return PERSONAL.has(spec.type);
}

/** The spec is part of the key: an edited entry must not be served the credential of its former self. */
function keyOf({ server, onBehalfOf, call }: Exchange): string {
  const { credentials } = server;
  const caller = isPersonal(credentials) ? [onBehalfOf.id, onBehalfOf.agent, onBehalfOf.actors] : [];
  const scopes = 'scopes' in credentials ? scopesFor(credentials.scopes, call.resource.effect) : [];
  return JSON.stringify([server.space, server.id, server.endpoint, credentials, caller, scopes]);
}

function connect(server: string, url: string, elicitationId: string): SallyportError {
  const message = `Connect your account for server ${server}, then call again.`;
  return new SallyportError('ERR_UPSTREAM_CONNECT', message, {
    // A remedy is told and never recorded: the address is good for whoever has it.
    remedy: `Open ${url} in a browser and sign in as yourself.`,
    dispatched: false,
    data: { elicitations: [{ mode: 'url', elicitationId, url, message }] },
  });
}
