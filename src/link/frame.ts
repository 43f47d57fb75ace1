import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';

/**
 * One frame: u32 length of what follows, u8 kind, u32 id (both big-endian), then UTF-8 text: JSON, or for the two kinds
 * that open something `<verb>\n<body>`. `id` names the call or stream that a frame belongs to.
 */
export const FRAME = { hello: 1, call: 2, open: 3, cancel: 4, credit: 5, answer: 6, item: 7, end: 8, fault: 9, ping: 10 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** Reads a body as JSON. Throws `ERR_LINK_FRAME`. */
export function parseBody(text: string): Json {
  try {
    const body: Json = JSON.parse(text);
    return body;
  } catch {
    throw new SallyportError('ERR_LINK_FRAME', 'a body on the link is not JSON');
  }
}

const LENGTH_BYTES = 4;
const HEAD_BYTES = 9;
const OUTBOX_BYTES = 64 * 1024;
/** Above this the exact length is worth counting; below, three bytes a character are reserved. */
const EXACT_CHARS = 16 * 1024;

/** Cuts a byte stream into frames. A frame over the limit ends the connection before anything is allocated for it. */
export class FrameReader {
  readonly #onFrame: (kind: number, id: number, text: string) => void;
  /** Small until the peer has proven who it is. */
  bytesMax: number;
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(bytesMax: number, onFrame: (kind: number, id: number, text: string) => void) {
    this.bytesMax = bytesMax;
    this.#onFrame = onFrame;
  }

  /** Throws `ERR_LINK_FRAME`. `chunk` is not kept. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#partial !== undefined) {
        at += this.#fill(this.#partial, chunk, at);
        continue;
      }
      const left = chunk.length - at;
      const size = left < LENGTH_BYTES ? LENGTH_BYTES : this.#sizeAt(chunk, at);
      if (left >= size && left >= LENGTH_BYTES) {
        this.#emit(chunk, at, at + size);
        at += size;
      } else {
        this.#partial = Buffer.allocUnsafe(size);
        this.#filled = 0;
      }
    }
  }

  /** Copies what fits; a frame that began as a bare length grows to its size once the length is whole. */
  #fill(partial: Buffer, chunk: Buffer, at: number): number {
    const taken = chunk.copy(partial, this.#filled, at);
    this.#filled += taken;
    if (this.#filled < partial.length) return taken;
    if (partial.length === LENGTH_BYTES) {
      this.#partial = Buffer.allocUnsafe(this.#sizeAt(partial, 0));
      partial.copy(this.#partial);
      return taken;
    }
    this.#partial = undefined;
    this.#emit(partial, 0, partial.length);
    return taken;
  }

  #sizeAt(bytes: Buffer, at: number): number {
    const size = LENGTH_BYTES + bytes.readUInt32BE(at);
    if (size < HEAD_BYTES || size > this.bytesMax) throw new SallyportError('ERR_LINK_FRAME', 'a frame on the link is too short or too long');
    return size;
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    this.#onFrame(bytes.readUInt8(start + 4), bytes.readUInt32BE(start + 5), bytes.toString('utf8', start + HEAD_BYTES, end));
  }
}

/**
 * Frames on their way out. All that are added in one tick leave in one write; what the socket does not take waits for
 * `drain`. A peer that never reads cannot make it grow past its limit.
 */
export class Outbox {
  readonly #write: (bytes: Buffer, at: number, length: number) => number;
  readonly #onFull: () => void;
  #bytes = Buffer.allocUnsafe(OUTBOX_BYTES);
  #start = 0;
  #end = 0;
  #scheduled = false;
  #closed = false;
  readonly #flush = (): void => {
    this.#scheduled = false;
    this.drain();
  };

  constructor(write: (bytes: Buffer, at: number, length: number) => number, onFull: () => void) {
    this.#write = write;
    this.#onFull = onFull;
  }

  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  add(kind: FrameKind, id: number, text: string): void {
    if (this.#closed) return;
    const bound = HEAD_BYTES + (text.length > EXACT_CHARS ? Buffer.byteLength(text) : text.length * 3);
    if (bound > LIMITS.linkFrameBytesMax && HEAD_BYTES + Buffer.byteLength(text) > LIMITS.linkFrameBytesMax) {
      throw new SallyportError('ERR_LINK_FRAME', 'a message is too large for the link', { dispatched: false });
    }
    if (this.pendingBytes + bound > LIMITS.linkOutboxBytesMax) {
      this.#closed = true;
      this.#onFull();
      return;
    }
    this.#reserve(bound);
    const length = HEAD_BYTES - LENGTH_BYTES + this.#bytes.write(text, this.#end + HEAD_BYTES);
    this.#bytes.writeUInt32BE(length, this.#end);
    this.#bytes.writeUInt8(kind, this.#end + 4);
    this.#bytes.writeUInt32BE(id, this.#end + 5);
    this.#end += LENGTH_BYTES + length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  }

  /** Writes what the socket takes now. */
  drain(): void {
    if (this.#closed || this.pendingBytes === 0) return;
    const written = this.#write(this.#bytes, this.#start, this.pendingBytes);
    if (written > 0) this.#start += written;
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > OUTBOX_BYTES) this.#bytes = Buffer.allocUnsafe(OUTBOX_BYTES);
  }

  close(): void {
    this.#closed = true;
    this.#start = 0;
    this.#end = 0;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const pending = this.pendingBytes;
    // Moving down is only worth it when it frees at least half; otherwise each small frame would move everything again.
    const room = (pending + bytes) * 2 <= this.#bytes.length ? this.#bytes : Buffer.allocUnsafe((pending + bytes) * 2);
    this.#bytes.copy(room, 0, this.#start, this.#end);
    this.#bytes = room;
    this.#start = 0;
    this.#end = pending;
  }
}
