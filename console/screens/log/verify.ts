import type { LogProof } from '../../../src/control/audit/log-answer.ts';

/** What the browser found out by itself about records and the checkpoint that they are proven by. */
export interface Verified {
  /** The checkpoint is what this key signed, for the log that it names. */
  readonly signed: boolean;
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly records: readonly VerifiedRecord[];
}

export interface VerifiedRecord {
  readonly position: number;
  /** Its leaf is in the tree that was signed, at its place. */
  readonly inLog: boolean;
  /** The line is what the leaf commits to, and says what is shown. Undefined: names are hidden in it, so that it was not sent whole. */
  readonly asWritten: boolean | undefined;
}

const ED25519 = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;

/** Checks everything here, with the browser's own cryptography: of control's word nothing is taken but the key, which is shown. */
export async function verifyProof(proof: LogProof): Promise<Verified> {
  const checkpoint = await openCheckpoint(proof.note, proof.vkey);
  const records = await Promise.all(proof.records.map(async (one): Promise<VerifiedRecord> => ({
    position: one.position,
    inLog: await isIncluded(fromBase64(one.leaf), one.position, one.proof.map(fromBase64), checkpoint),
    asWritten: one.line === undefined ? undefined : await isAsWritten(one.line, one),
  })));
  return { ...checkpoint, records };
}

interface Checkpoint {
  readonly signed: boolean;
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

/** C2SP signed-note and tlog-checkpoint: a text, an empty line, and `— <name> <base64 of key id and signature>`. */
async function openCheckpoint(note: string, vkey: string): Promise<Checkpoint> {
  const [, name = '', id = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey.trim()) ?? [];
  const typed = fromBase64(encoded);
  const cut = note.lastIndexOf('\n\n') + 1;
  const text = note.slice(0, cut);
  const [origin = '', size = '', root = ''] = text.split('\n');
  const ownId = hex((await sha256(bytesOf(`${name}\n`), typed)).subarray(0, KEY_ID_BYTES));
  const isKey = typed.length === 1 + KEY_BYTES && typed[0] === ED25519 && ownId === id;
  const signatures = note.slice(cut + 1).split('\n').flatMap((line) => {
    const [dash, by, value = ''] = line.split(' ');
    const bytes = fromBase64(value);
    return dash === '—' && by === name && hex(bytes.subarray(0, KEY_ID_BYTES)) === id ? [bytes.subarray(KEY_ID_BYTES)] : [];
  });
  const key = isKey ? await crypto.subtle.importKey('raw', typed.slice(1), 'Ed25519', false, ['verify']) : undefined;
  const checks = key === undefined ? [] : await Promise.all(signatures.map((one) => crypto.subtle.verify('Ed25519', key, one.slice(), bytesOf(text))));
  return { signed: checks.length > 0 && checks.every(Boolean) && origin === name, origin, size: Number(size), root };
}

/** RFC 9162 section 2.1.3.2. */
async function isIncluded(leaf: Uint8Array, index: number, path: readonly Uint8Array[], { size, root }: Checkpoint): Promise<boolean> {
  if (!Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let [first, last] = [index, size - 1];
  let hash = await sha256(Uint8Array.of(0), leaf);
  for (const part of path) {
    if (last === 0) return false;
    if (first % 2 === 1 || first === last) {
      hash = await sha256(Uint8Array.of(1), part, hash);
      while (first % 2 === 0 && first !== 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else hash = await sha256(Uint8Array.of(1), hash, part);
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  return last === 0 && hex(hash) === hex(fromBase64(root));
}

/** A line's leaf is HMAC-SHA-256 of what follows its salt, under that salt (docs/audit/log.md). */
async function isAsWritten(line: string, shown: LogProof['records'][number]): Promise<boolean> {
  const [, leaf, salt = '', rest = ''] = /^\{"leaf":"([\w-]{43})","salt":"([\w-]{22})"(,"position":.*)$/s.exec(line) ?? [];
  if (leaf === undefined || leaf !== shown.leaf) return false;
  const key = await crypto.subtle.importKey('raw', fromBase64(salt).slice(), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytesOf(rest)));
  if (hex(digest) !== hex(fromBase64(leaf))) return false;
  const { position, record }: { readonly position?: unknown; readonly record?: unknown } = JSON.parse(line);
  return position === shown.position && JSON.stringify(record) === JSON.stringify(shown.record);
}

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Of both alphabets; what is none gives nothing, which then fits nothing. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
