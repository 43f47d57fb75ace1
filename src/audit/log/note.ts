import { createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { sha256 } from './hash.ts';

/* C2SP signed-note: a text that ends with a newline, an empty line, and lines `— <name> <base64 of key id and signature>`. */

const ED25519 = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const NAME = /^[^\s+\p{Zs}]+$/u;
const SIGNATURE_LINE = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u;

/** A key that notes are checked by: `vkey` is its C2SP form, `<name>+<key id>+<base64 of type and key>`. */
export interface NoteKey {
  readonly name: string;
  readonly id: Uint8Array;
  readonly publicKey: KeyObject;
}

export function vkeyOf(name: string, publicKey: KeyObject): string {
  const typed = typedKey(publicKey);
  return `${name}+${Buffer.from(keyId(name, typed)).toString('hex')}+${typed.toString('base64')}`;
}

/** Undefined when it is no Ed25519 vkey, or its id is not that of its name and key. */
export function readVkey(vkey: string): NoteKey | undefined {
  const [, name = '', id = '', key = ''] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey) ?? [];
  const typed = Buffer.from(key, 'base64');
  if (!NAME.test(name) || typed.length !== 1 + KEY_BYTES || typed[0] !== ED25519 || typed.toString('base64') !== key) return undefined;
  const own = keyId(name, typed);
  if (Buffer.from(own).toString('hex') !== id) return undefined;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: typed.subarray(1).toString('base64url') };
  return { name, id: own, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) };
}

/** `text` ends with a newline. */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  const id = keyId(name, typedKey(createPublicKey(privateKey)));
  const signature = sign(null, Buffer.from(text), privateKey);
  return `${text}\n— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/** The note's text, when this key signed it; signatures of others are passed over. */
export function openNote(note: string, key: NoteKey): string | undefined {
  const cut = note.lastIndexOf('\n\n');
  if (cut === -1 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, cut + 1);
  for (const line of note.slice(cut + 2, -1).split('\n')) {
    const [, name, encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
    if (name === undefined) return undefined;
    const bytes = Buffer.from(encoded, 'base64');
    // Only the canonical encoding: a note whose bytes differ is another note.
    if (name !== key.name || bytes.length !== KEY_ID_BYTES + SIGNATURE_BYTES || bytes.toString('base64') !== encoded) continue;
    if (!bytes.subarray(0, KEY_ID_BYTES).equals(key.id)) continue;
    return verify(null, Buffer.from(text), key.publicKey, bytes.subarray(KEY_ID_BYTES)) ? text : undefined;
  }
  return undefined;
}

function typedKey(publicKey: KeyObject): Buffer {
  return Buffer.concat([Buffer.from([ED25519]), Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')]);
}

function keyId(name: string, typed: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).subarray(0, KEY_ID_BYTES);
}
