import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { protocolFault, toFault, tooLarge } from './faults.ts';
import { discard } from './http-request.ts';

type Inflate = 'gzip' | 'deflate' | 'brotli' | 'zstd';
const ENCODINGS: Readonly<Record<string, Inflate>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate', br: 'brotli', zstd: 'zstd' };

export interface Answered {
  readonly response: Response;
  readonly server: string;
  readonly signal: AbortSignal;
}

/** The media type of an answer, lower case, without parameters. */
export function mediaType(response: Response): string {
  const type = response.headers.get('content-type') ?? '';
  const end = type.indexOf(';');
  return (end === -1 ? type : type.slice(0, end)).trim().toLowerCase();
}

/**
 * Reads a whole body, at most `LIMITS.responseBytesMax` inflated bytes. A plain body of known length is read in one piece
 * (the runtime holds the server to its Content-Length); any other is counted while it streams.
 */
export async function readBody(answered: Answered): Promise<Uint8Array> {
  const { response, server, signal } = answered;
  const { headers } = response;
  const length = headers.get('content-length');
  if (length !== null && Number(length) > LIMITS.responseBytesMax) {
    await discard(response);
    throw tooLarge(server, LIMITS.responseBytesMax);
  }
  if (length !== null && !headers.has('transfer-encoding') && !headers.has('content-encoding')) {
    try {
      return await response.bytes();
    } catch (cause) {
      throw toFault(cause, server, signal);
    }
  }
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of readChunks(answered)) {
    total += part.byteLength;
    if (total > LIMITS.responseBytesMax) throw tooLarge(server, LIMITS.responseBytesMax);
    parts.push(part);
  }
  return Buffer.concat(parts, total);
}

/** The body in inflated chunks. Ending the iteration closes the connection if the server has not ended the body. */
export async function* readChunks({ response, server, signal }: Answered): AsyncGenerator<Uint8Array, void, undefined> {
  const body = inflated(response, server);
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw inflating(response, cause) ? protocolFault(server, 'content-encoding', cause) : toFault(cause, server, signal);
  } finally {
    // A body that failed rejects its cancel as well; there is nothing left to free then.
    await reader.cancel().catch(() => undefined);
  }
}

function inflated(response: Response, server: string): ReadableStream<Uint8Array> | null {
  const encoding = response.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return response.body;
  const format = ENCODINGS[encoding];
  if (format === undefined) throw protocolFault(server, 'content-encoding');
  return response.body?.pipeThrough(new DecompressionStream(format)) ?? null;
}

/** Whether the failure is the decompressor's: it is a TypeError without a socket's code. */
function inflating(response: Response, cause: unknown): boolean {
  if (!response.headers.has('content-encoding') || cause instanceof SallyportError) return false;
  return cause instanceof TypeError && !('code' in cause && typeof cause.code === 'string' && cause.code.startsWith('ECONN'));
}
