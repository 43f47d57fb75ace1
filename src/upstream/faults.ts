import { SallyportError } from '../domain/errors.ts';

/** Fetch and socket codes that are raised before a byte of the request is written. */
const UNREACHABLE = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ConnectionRefused', 'FailedToOpenSocket',
]);
const HANDSHAKE = /^(?:EPROTO|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|CRL_|UNKNOWN_CERTIFICATE)/;
const MALFORMED = /^(?:InvalidContentLength|ResponseHeadersTooLarge|Malformed_HTTP_Response|InvalidHTTPResponse|HPE_|ZlibError|ERR_ENCODING|Z_)/;

/** Names a failure of `fetch` or of reading its answer. Only the code of the cause is kept: messages may hold addresses. */
export function toFault(cause: unknown, server: string, signal: AbortSignal): SallyportError {
  if (cause instanceof SallyportError) return cause;
  if (signal.aborted) return cancelled(server, signal);
  const code = codeOf(cause);
  if (UNREACHABLE.has(code)) {
    return new SallyportError('ERR_UPSTREAM_UNREACHABLE', `Server ${server} cannot be reached.`, { internal: code, dispatched: false, cause });
  }
  if (HANDSHAKE.test(code)) {
    return new SallyportError('ERR_UPSTREAM_TLS', `The TLS connection to server ${server} failed.`, {
      remedy: 'The server must speak TLS 1.3 with a certificate for its name from a trusted authority.',
      internal: code,
      dispatched: false,
      cause,
    });
  }
  if (MALFORMED.test(code)) return protocolFault(server, code, cause);
  return new SallyportError('ERR_UPSTREAM_CLOSED', `Server ${server} closed the connection before it answered.`, { internal: code, cause });
}

/** The same fault of what came before the message itself: its connection could not be opened, so nothing was dispatched. */
export function undispatched(cause: unknown): unknown {
  if (!(cause instanceof SallyportError) || !cause.dispatched) return cause;
  const { code, message, remedy, internal } = cause;
  return new SallyportError(code, message, {
    ...(remedy === undefined ? {} : { remedy }),
    ...(internal === undefined ? {} : { internal }),
    dispatched: false,
    cause,
  });
}

/** The server said something that the protocol does not allow. */
export function protocolFault(server: string, internal: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_UPSTREAM_PROTOCOL', `Server ${server} gave an answer that breaks the protocol.`, { internal, cause });
}

export function tooLarge(server: string, limitBytes: number): SallyportError {
  return new SallyportError('ERR_UPSTREAM_TOO_LARGE', `The answer of server ${server} is larger than ${limitBytes} bytes.`);
}

/** Why the exchange was aborted: the gateway's own reason if it gave one. */
export function cancelled(server: string, signal: AbortSignal): SallyportError {
  const reason: unknown = signal.reason;
  if (reason instanceof SallyportError) return reason;
  if (reason instanceof DOMException && reason.name === 'TimeoutError') {
    return new SallyportError('ERR_UPSTREAM_TIMEOUT', `Server ${server} did not answer in time.`);
  }
  return new SallyportError('ERR_UPSTREAM_CLOSED', `The call to server ${server} was cancelled.`);
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return 'unknown';
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.name : 'unknown';
}
