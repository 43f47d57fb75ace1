import type { KeyObject } from 'node:crypto';
import { HASH_BYTES } from './hash.ts';
import { openNote, signNote } from './note.ts';
import type { NoteKey } from './note.ts';

/** What a C2SP tlog-checkpoint says: which log, how many entries, and the root of the tree over them. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** The signed note of a checkpoint; the key's name is the origin. */
export function signCheckpoint({ origin, size, root }: Checkpoint, key: KeyObject): string {
  return signNote(`${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`, origin, key);
}

/** Undefined when the note is not a checkpoint that this key signed for its own origin. */
export function openCheckpoint(note: string, key: NoteKey): Checkpoint | undefined {
  const text = openNote(note, key);
  const read = text === undefined ? undefined : readCheckpoint(text);
  return read?.origin === key.name ? read : undefined;
}

/** Reads a checkpoint's text without asking who signed it; extension lines are passed over. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', size = '', root = ''] = text.split('\n');
  const hash = Buffer.from(root, 'base64');
  if (origin === '' || !/^(0|[1-9]\d{0,15})$/.test(size) || hash.length !== HASH_BYTES || hash.toString('base64') !== root) return undefined;
  return Number.isSafeInteger(Number(size)) ? { origin, size: Number(size), root: hash } : undefined;
}
