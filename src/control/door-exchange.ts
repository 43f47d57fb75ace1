import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { SallyportError } from '../domain/errors.ts';
import { bodyOf, headersOf } from '../link/node-exchange.ts';
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
  const headers = headersOf(incoming);
  const method = incoming.method ?? 'GET';
  if (Number(headers.get('content-length')) > bodyBytesMax) throw tooLarge(bodyBytesMax);
  if (method === 'GET' || method === 'HEAD') {
    // Read to its end, or it would look like one that never comes whole.
    incoming.resume();
    return new Request(url.href, { method, headers, signal });
  }
  const body = bodyOf(incoming, (sizeBytes) => {
    if (sizeBytes > bodyBytesMax) throw tooLarge(bodyBytesMax);
  });
  return new Request(url.href, { method, headers, signal, body });
}

function tooLarge(bodyBytesMax: number): SallyportError {
  return new SallyportError('ERR_BODY_TOO_LARGE', `A body has at most ${bodyBytesMax} bytes here.`);
}
