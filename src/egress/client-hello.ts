/** How far the first bytes of a connection are a TLS ClientHello (RFC 8446, section 4.1.2). */
export type Hello =
  | { readonly state: 'partial' }
  /** Not TLS at all. */
  | { readonly state: 'other' }
  /** TLS, but malformed or ambiguous: what two readers could read in two ways is refused. */
  | { readonly state: 'malformed' }
  /** `ech`: it has an encrypted inner hello, real or GREASE; only the outer name can be seen. */
  | { readonly state: 'hello'; readonly serverName?: string; readonly ech: boolean };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEAD = 5;
const RECORD_BYTES_MAX = 16_384;
const SERVER_NAME = 0;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;
const HOST_NAME = 0;
const SESSION_ID_BYTES_MAX = 32;

const PARTIAL: Hello = { state: 'partial' };
const OTHER: Hello = { state: 'other' };
const MALFORMED: Hello = { state: 'malformed' };

/** Reads what has come so far; a hello may be split over any number of segments and records. */
export function readClientHello(bytes: Uint8Array): Hello {
  const gathered = gather(bytes);
  if (!(gathered instanceof Uint8Array)) return gathered;
  if (gathered.length < 4) return PARTIAL;
  if (gathered[0] !== CLIENT_HELLO) return MALFORMED;
  const length = uint(gathered, 1, 3);
  if (gathered.length < 4 + length) return PARTIAL;
  try {
    return readBody(new Cursor(gathered.subarray(4, 4 + length)));
  } catch {
    return MALFORMED;
  }
}

/** The handshake bytes of the records that are there. */
function gather(bytes: Uint8Array): Uint8Array | Hello {
  const parts: Uint8Array[] = [];
  let wanted = Number.POSITIVE_INFINITY;
  let have = 0;
  for (let at = 0; at < bytes.length && have < wanted;) {
    if (bytes[at] !== HANDSHAKE) return at === 0 ? OTHER : MALFORMED;
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return at === 0 ? OTHER : MALFORMED;
    if (at + RECORD_HEAD > bytes.length) break;
    const length = uint(bytes, at + 3, 2);
    if (length === 0 || length > RECORD_BYTES_MAX) return MALFORMED;
    const part = bytes.subarray(at + RECORD_HEAD, at + RECORD_HEAD + length);
    parts.push(part);
    have += part.length;
    at += RECORD_HEAD + length;
    if (have >= 4) wanted = 4 + uint(Buffer.concat(parts), 1, 3);
  }
  return Buffer.concat(parts);
}

function readBody(body: Cursor): Hello {
  body.skip(2 + 32);
  const session = body.take(body.uint(1));
  if (session.length > SESSION_ID_BYTES_MAX) return MALFORMED;
  if (body.take(body.uint(2)).length === 0 || body.take(body.uint(1)).length === 0) return MALFORMED;
  // A hello without extensions is one of TLS 1.0: it names nobody.
  if (body.left === 0) return { state: 'hello', ech: false };
  const extensions = new Cursor(body.take(body.uint(2)));
  if (body.left > 0) return MALFORMED;
  const seen = new Set<number>();
  let serverName: string | undefined;
  while (extensions.left > 0) {
    const type = extensions.uint(2);
    const content = extensions.take(extensions.uint(2));
    if (seen.has(type)) return MALFORMED;
    seen.add(type);
    if (type === SERVER_NAME) serverName = readServerName(new Cursor(content));
  }
  return { state: 'hello', ech: seen.has(ENCRYPTED_CLIENT_HELLO), ...(serverName === undefined ? {} : { serverName }) };
}

/** RFC 6066, section 3: a list, of which only one entry of one type is defined. */
function readServerName(content: Cursor): string {
  const list = new Cursor(content.take(content.uint(2)));
  const type = list.uint(1);
  const name = list.take(list.uint(2));
  if (type !== HOST_NAME || list.left > 0 || content.left > 0 || name.length === 0 || name.some((byte) => byte <= 0x20 || byte > 0x7e)) {
    throw new RangeError('not one host name');
  }
  return Buffer.from(name).toString('latin1').toLowerCase();
}

function uint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = at; index < at + size; index += 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

/** Reads from the front; throws where too little is left. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(count: number): void {
    this.take(count);
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw new RangeError('too short');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  uint(size: number): number {
    return uint(this.take(size), 0, size);
  }
}
