import { SallyportError } from '../domain/errors.ts';
import type { Ticket } from './ticket.ts';

/** Where the gate is, and by which CA it proves to be it; undefined: by the system's. */
export interface GateAddress {
  readonly url: string;
  readonly ca: string | undefined;
}

/** The way to one route of the gate: sends HTTP requests with a token that holds, over TLS to nobody but the gate. */
export interface GateDoor {
  /**
   * Waits a moment for a gate that is just starting anew, and renews a token that it does not know: neither request was
   * seen by a server. Throws `ERR_NOT_RUNNING` (not sent), `ERR_UPSTREAM_TLS` (not sent), `ERR_UPSTREAM_CLOSED` (perhaps seen).
   */
  send(request: GateRequest, signal: AbortSignal): Promise<Response>;
}

export interface GateRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface GateDoorOptions {
  /** The address of the route now. Throws `ERR_NOT_RUNNING`. */
  readonly address: () => Promise<GateAddress>;
  readonly ticket: Ticket;
}

/** How long a restart of the gate may take before calls are told of it. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 100;
const NOT_SENT = new Set(['ConnectionRefused', 'FailedToOpenSocket', 'ECONNREFUSED']);

export function createGateDoor({ address, ticket }: GateDoorOptions): GateDoor {
  return {
    async send({ method, headers, body }, signal) {
      const until = Date.now() + PATIENCE_MS;
      for (let [replaced, proved] = [false, false]; ; ) {
        const token = await ticket.token();
        const { url, ca } = await address();
        try {
          const response = await fetch(url, {
            method, signal, redirect: 'error', headers: { ...headers, ...await ticket.present(token, { method, url }) },
            // Streams are silent for as long as a server is.
            timeout: false,
            ...(body === undefined ? {} : { body }),
            ...(ca === undefined ? {} : { tls: { ca } }),
          });
          const lacked = ticket.heard(response);
          if (response.status !== 401) return response;
          if (lacked && !proved) {
            proved = true;
            await response.body?.cancel();
            continue;
          }
          const mayWait = ticket.isNew(token) && Date.now() < until;
          if (!mayWait && replaced) return response;
          await response.body?.cancel();
          if (!mayWait) {
            await ticket.replace(token);
            replaced = true;
          }
        } catch (cause) {
          if (signal.aborted || cause instanceof SallyportError) throw cause;
          if (Date.now() >= until || !NOT_SENT.has(codeOf(cause))) throw faultOf(cause, url);
        }
        await Bun.sleep(RETRY_MS);
      }
    },
  };
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

function faultOf(cause: unknown, url: string): SallyportError {
  const code = codeOf(cause);
  const { host } = new URL(url);
  if (NOT_SENT.has(code)) {
    return new SallyportError('ERR_NOT_RUNNING', `no gate answers at ${host}`, { remedy: 'Start it with `sallyport up`.', dispatched: false, cause });
  }
  if (/CERT|TLS|SSL|SIGNED|VERIFY|ISSUER/.test(code)) {
    const remedy = 'Is --home the state folder of this gate? Its CA is what `sallyport trust` shows.';
    return new SallyportError('ERR_UPSTREAM_TLS', `what answers at ${host} does not prove to be this gate (${code})`, { remedy, dispatched: false, cause });
  }
  const remedy = 'Try again when it is back; `sallyport audit query` tells whether this call was carried out.';
  return new SallyportError('ERR_UPSTREAM_CLOSED', `the gate at ${host} went away during the call`, { remedy, cause });
}
