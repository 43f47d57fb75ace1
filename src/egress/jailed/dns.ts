/** The little of DNS (RFC 1035) that a jail needs: one question, answered from memory. */
export interface Question {
  readonly name: string;
  readonly type: number;
}

const HEADER_BYTES = 12;
const LABEL_BYTES_MAX = 63;
const NAME_CHARS_MAX = 253;
export const TYPE_A = 1;
export const TYPE_AAAA = 28;
const CLASS_IN = 1;
const TTL_S = 60;
const [RESPONSE, AUTHORITATIVE, RECURSION_WANTED, RECURSION_THERE] = [0x8000, 0x0400, 0x0100, 0x0080];
const OPCODE = 0x7800;
export const NO_SUCH_NAME = 3;

/** Reads a query; `undefined`: it is none that is answered. */
export function readQuestion(query: Uint8Array): Question | undefined {
  const view = viewOf(query);
  if (query.length < HEADER_BYTES + 5 || (view.getUint16(2) & (RESPONSE | OPCODE)) !== 0 || view.getUint16(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > LABEL_BYTES_MAX) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(Buffer.from(query.subarray(at, at + length)).toString('latin1'));
    at += length;
  }
  const name = labels.join('.').toLowerCase();
  if (at + 4 > query.length || name.length > NAME_CHARS_MAX || view.getUint16(at + 2) !== CLASS_IN) return undefined;
  return { name, type: view.getUint16(at) };
}

/** The answer to `query`: with that IPv4 address, without any (`undefined`), or with an error code. */
export function writeAnswer(query: Uint8Array, answer: { readonly address?: string; readonly code?: number }): Uint8Array {
  const end = questionEnd(query);
  const { address, code = 0 } = answer;
  const octets = address === undefined ? [] : address.split('.').map(Number);
  const record = address === undefined ? [] : [0xc0, HEADER_BYTES, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, TTL_S, 0, 4, ...octets];
  const bytes = Uint8Array.from([...query.subarray(0, end), ...record]);
  const view = viewOf(bytes);
  const wanted = view.getUint16(2) & RECURSION_WANTED;
  view.setUint16(2, RESPONSE | AUTHORITATIVE | RECURSION_THERE | wanted | code);
  view.setUint16(6, address === undefined ? 0 : 1);
  // What else the query brought (EDNS) is not answered.
  view.setUint32(8, 0);
  return bytes;
}

function questionEnd(query: Uint8Array): number {
  let at = HEADER_BYTES;
  for (let length = query[at]; length !== undefined && length > 0; length = query[at]) at += 1 + length;
  return at + 5;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
