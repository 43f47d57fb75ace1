import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { SallyportError } from '../domain/errors.ts';
import { isSameAddress } from '../upstream/address-class.ts';

/** The caller's address. The last entry is the one that our own proxy wrote; those before it are the client's claims. */
export function addressOf(incoming: IncomingMessage, trustedProxy: string | undefined): string {
  const peer = incoming.socket.remoteAddress ?? '';
  if (trustedProxy === undefined || !isSameAddress(peer, trustedProxy)) return peer;
  const said = String(incoming.headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() ?? '';
  return isIP(said) === 0 ? peer : said;
}

/** A node request as the web's `Request`. The body is counted as it is read; what is longer than `bodyBytesMax` throws `ERR_BODY_TOO_LARGE`. */
export function toRequest(incoming: IncomingMessage, url: URL, bodyBytesMax: number, signal: AbortSignal): Request {
  const headers = new Headers();
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
  const method = incoming.method ?? 'GET';
  if (Number(headers.get('content-length')) > bodyBytesMax) throw tooLarge(bodyBytesMax);
  if (method === 'GET' || method === 'HEAD') {
    // Read to its end, or it would look like one that never comes whole.
    incoming.resume();
    return new Request(url.href, { method, headers, signal });
  }
  return new Request(url.href, { method, headers, signal, body: counted(incoming, bodyBytesMax) });
}

function counted(incoming: IncomingMessage, bodyBytesMax: number): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = incoming[Symbol.asyncIterator]();
  let sizeBytes = 0;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await chunks.next();
      if (next.done === true) return controller.close();
      sizeBytes += next.value.byteLength;
      if (sizeBytes > bodyBytesMax) return controller.error(tooLarge(bodyBytesMax));
      return controller.enqueue(new Uint8Array(next.value));
    },
  }, { highWaterMark: 0 });
}

function tooLarge(bodyBytesMax: number): SallyportError {
  return new SallyportError('ERR_BODY_TOO_LARGE', `A body has at most ${bodyBytesMax} bytes here.`);
}

/** Writes a web `Response` out; the headers that are on `outgoing` already stay unless the response has its own. */
export async function writeResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  if (response.body === null) {
    outgoing.end();
    return;
  }
  const body = Readable.from(response.body);
  // Who asked may leave in the middle of a stream: then its source is told, and nothing is wrong.
  outgoing.once('close', () => body.destroy());
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  outgoing.once('drain', resolve).once('close', resolve);
  return promise;
}
