import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { decodeSentinel } from './sentinel.ts';

/** What of a request's headers is part of the message. Values are decoded; absent is `undefined`. */
export interface MessageHeaders {
  readonly version: string | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
  /** `mcp-param-*`, lower-case names. */
  readonly parameters: Readonly<Record<string, string>> | undefined;
}

/** Headers whose values never hold a comma: one there means that the header was sent twice and joined. */
const SINGLE = ['authorization', 'host', 'mcp-protocol-version', 'mcp-method', 'mcp-session-id', 'content-type', 'content-encoding'];
const PARAMETER = 'mcp-param-';

/** Throws ERR_HEADER_REPEATED: two values of one header are two readings of one message. */
export function refuseRepeated(headers: Headers): void {
  for (const name of SINGLE) {
    if (headers.get(name)?.includes(',') === true) {
      throw new SallyportError('ERR_HEADER_REPEATED', `Header ${name} was sent more than once`, { data: { mismatch: { header: name } } });
    }
  }
}

/** Throws ERR_HEADER_ENCODING. */
export function readHeaders(headers: Headers): MessageHeaders {
  const name = headers.get('mcp-name');
  return {
    version: headers.get('mcp-protocol-version') ?? undefined,
    method: headers.get('mcp-method') ?? undefined,
    name: name === null ? undefined : decodeSentinel('mcp-name', name),
    parameters: readParameters(headers),
  };
}

function readParameters(headers: Headers): Readonly<Record<string, string>> | undefined {
  let parameters: Record<string, string> | undefined;
  let sizeBytes = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(PARAMETER)) continue;
    sizeBytes += name.length + value.length;
    if (sizeBytes > LIMITS.headerBytesMax)
      throw new SallyportError('ERR_HEADER_ENCODING', `The Mcp-Param headers are longer than ${LIMITS.headerBytesMax} bytes`);
    parameters ??= {};
    parameters[name] = decodeSentinel(name, value);
  }
  return parameters;
}

/** A header that says something else than the body (SEP-2243): -32020. */
export function mismatch(header: string, problem: string): SallyportError {
  return new SallyportError('ERR_HEADER_MISMATCH', `Header ${header} ${problem}`, {
    remedy: 'Send the header with the value that the body has, or let an MCP client make both.',
    data: { mismatch: { header } },
  });
}

/** Throws ERR_CONTENT_TYPE, ERR_ACCEPT. */
export function checkMediaTypes(headers: Headers): void {
  if (!isJson(headers.get('content-type') ?? '')) {
    throw new SallyportError('ERR_CONTENT_TYPE', 'The body must be application/json in UTF-8', {
      remedy: 'Send Content-Type: application/json.',
    });
  }
  const coding = headers.get('content-encoding');
  if (coding !== null && coding.toLowerCase() !== 'identity')
    throw new SallyportError('ERR_CONTENT_TYPE', 'A compressed request body is not accepted');
  const accept = headers.get('accept');
  if (accept !== null && !ACCEPTED.test(accept)) {
    throw new SallyportError('ERR_ACCEPT', 'Accept names neither application/json nor text/event-stream', {
      remedy: 'Send Accept: application/json, text/event-stream.',
    });
  }
}

const ACCEPTED = /application\/(?:json|\*)|text\/(?:event-stream|\*)|\*\/\*/i;
const CHARSET = /^\s*charset\s*=\s*(?:"utf-8"|utf-8)\s*$/i;

function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true;
  const [type = '', ...parameters] = contentType.split(';');
  return type.trim().toLowerCase() === 'application/json' && parameters.every((parameter) => CHARSET.test(parameter));
}
