import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/**
 * One exchange of node's HTTP in the web's words, for the doors that the runtime's own server can't be: those that need the
 * peer's certificate, or that a library of node's listens at.
 */

/** Repeated headers are joined, as the runtime's own server has them: node itself would drop all but the first. */
export function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}

/** The body, read no faster than it is asked for. `counted` is told how many bytes came so far; what it throws ends the body. */
export function bodyOf(incoming: IncomingMessage, counted: (sizeBytes: number) => void = () => undefined): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = incoming[Symbol.asyncIterator]();
  let sizeBytes = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done === true) {
        controller.close();
        return;
      }
      sizeBytes += next.value.byteLength;
      counted(sizeBytes);
      controller.enqueue(new Uint8Array(next.value));
    },
  }, { highWaterMark: 0 });
}

/** Writes a response out; the headers that are on `outgoing` already stay unless the response has its own. */
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
  try {
    for await (const chunk of body) {
      if (outgoing.destroyed) return;
      if (!outgoing.write(chunk)) await drained(outgoing);
    }
  } catch (fault) {
    if (outgoing.destroyed) return;
    throw fault;
  }
  outgoing.end();
}

/** Leaves nothing behind on the response: a stream may be pushed back for as long as it lives. */
function drained(outgoing: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    outgoing.off('drain', done).off('close', done);
    resolve();
  };
  outgoing.on('drain', done).on('close', done);
  return promise;
}
