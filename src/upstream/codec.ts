import type { Message, Peer, Revision } from '../domain/message.ts';

/** One event of a text/event-stream, by the WHATWG rules. `data` is empty for an event that only carries an id. */
export interface SseEvent {
  readonly event?: string | undefined;
  readonly data: string;
  readonly id?: string | undefined;
  /** Milliseconds. */
  readonly retry?: number | undefined;
}

/** What this room needs of `mcp/`: messages to bytes and headers, and back. `roles/` hands it in. */
export interface Codec {
  encodeBody(message: Message): string;
  encodeHeaders(message: Message): Record<string, string>;
  /** Throws `SallyportError` for anything but one well-formed message that `from` may send in `revision` (modern servers ask nothing). */
  decodeBody(bytes: Uint8Array | string, from: Peer, revision: Revision): Message;
  /** Throws `SallyportError` when an event outgrows the limit or the text is not UTF-8. */
  parseSse(chunks: AsyncIterable<Uint8Array>, limits: { readonly eventBytesMax: number }): AsyncIterable<SseEvent>;
}
