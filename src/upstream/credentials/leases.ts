import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { CredentialSpec } from '../../domain/server.ts';

/** A secret as it leaves the vault, and the epoch ms at which it must be asked for again. */
export interface Released {
  readonly value: string;
  readonly expiresAt: number;
}

/** Asks for one server's secret, against the record of the exchange that needs it (invariant 8). */
export type Release = (request: {
  readonly space: string;
  readonly server: string;
  readonly secret: string;
  readonly exchange: string;
}) => Promise<Released>;

export interface CredentialHeader {
  readonly name: string;
  readonly value: string;
}

export interface Credentials {
  /** The header that the server is shown; `undefined` when it wants none. Throws `ERR_UPSTREAM_CREDENTIAL`, not dispatched. */
  present(exchange: Exchange): CredentialHeader | undefined | Promise<CredentialHeader>;
  /** Drops what is held for a server: it refused the credential, or the secret was rotated. */
  forget(space: string, server: string): void;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const VALUE = /^[\x20-\x7e]{1,8192}$/;
/** Headers that belong to the transport or the protocol; a credential that took one would change what is said. */
const RESERVED = /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|accept(?:-.*)?|mcp-.*|last-event-id|cookie|expect|proxy-.*|keep-alive)$/;

/** Credentials of servers, released one at a time and held in memory until they expire. */
export function createCredentials(release: Release, now: () => number = Date.now): Credentials {
  const held = new Map<string, CredentialHeader & { readonly expiresAt: number }>();
  const pending = new Map<string, Promise<CredentialHeader>>();

  async function fetchSecret(key: string, spec: CredentialSpec & { type: 'header' }, exchange: Exchange): Promise<CredentialHeader> {
    const { id: server, space } = exchange.server;
    const name = spec.header.toLowerCase();
    if (!TOKEN.test(name) || RESERVED.test(name)) throw refused(server, `header name ${JSON.stringify(spec.header)}`);
    let released: Released;
    try {
      released = await release({ space, server, secret: spec.secret, exchange: exchange.id });
    } catch (cause) {
      throw refused(server, 'not released', cause);
    }
    if (!VALUE.test(released.value)) throw refused(server, 'value is not printable ASCII');
    const header = { name, value: released.value, expiresAt: released.expiresAt };
    if (released.expiresAt > now()) held.set(key, header);
    return header;
  }

  return {
    present(exchange) {
      const spec = exchange.server.credentials;
      if (spec.type === 'none') return undefined;
      if (spec.type !== 'header') throw refused(exchange.server.id, `credential type ${spec.type}`);
      // The spec is part of the key: an edited entry must not be served the secret of its former self.
      const key = `${keyOf(exchange.server.space, exchange.server.id)} ${spec.header} ${spec.secret}`;
      const known = held.get(key);
      if (known !== undefined && known.expiresAt > now()) return known;
      held.delete(key);
      const waiting = pending.get(key);
      if (waiting !== undefined) return waiting;
      const asked = fetchSecret(key, spec, exchange).finally(() => pending.delete(key));
      pending.set(key, asked);
      return asked;
    },
    forget(space, server) {
      const prefix = `${keyOf(space, server)} `;
      for (const key of held.keys()) if (key.startsWith(prefix)) held.delete(key);
    },
  };
}

function keyOf(space: string, server: string): string {
  return JSON.stringify([space, server]);
}

function refused(server: string, why: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_UPSTREAM_CREDENTIAL', `The credential for server ${server} is not available.`, {
    remedy: `Ask the administrator to check the credential of server ${server}.`,
    internal: why,
    dispatched: false,
    cause,
  });
}
