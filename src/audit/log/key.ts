import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { writeDurable } from './durable.ts';
import { inconsistent } from './inconsistent.ts';
import { readVkey, vkeyOf } from './note.ts';
import type { NoteKey } from './note.ts';

const HOST_CHARS_MAX = 63;

/** Which log this is: its origin, and the key by which its checkpoints are checked. */
export interface LogIdentity {
  readonly origin: string;
  readonly vkey: string;
  readonly noteKey: NoteKey;
}

/** The ledger's own: with the key that signs. */
export interface LogKey extends LogIdentity {
  readonly privateKey: KeyObject;
}

function identityFile(dir: string): string {
  return join(dir, 'log.json');
}

/** Reads `log.json`, which anybody may have. Throws `ERR_LOG_INCONSISTENT` when it is not there or says something else. */
export function readLogIdentity(dir: string): LogIdentity {
  const file = identityFile(dir);
  let parsed: Json;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw inconsistent(file, 'the log’s origin and public key cannot be read', { cause });
  }
  const { origin, vkey } = isObject(parsed) ? parsed : {};
  const noteKey = typeof vkey === 'string' ? readVkey(vkey) : undefined;
  if (typeof vkey !== 'string' || noteKey === undefined || noteKey.name !== origin) throw inconsistent(file, 'it holds no key of the origin that it names');
  return { origin, vkey, noteKey };
}

/**
 * The key of the log in `dir`: `log.key` (0600) and `log.json`, made at the first start and never again. A log has one key
 * for its life: another key is another log. Throws `ERR_LOG_INCONSISTENT` when the two do not belong together.
 */
export function openLogKey(dir: string): LogKey {
  const file = join(dir, 'log.key');
  if (!existsSync(identityFile(dir)) && !hasHistory(dir)) makeLog(dir, file);
  const identity = readLogIdentity(dir);
  const privateKey = readKey(file);
  if (!createPublicKey(privateKey).equals(identity.noteKey.publicKey)) throw inconsistent(file, `this is not the key that ${identityFile(dir)} names`);
  return { ...identity, privateKey };
}

/** Whether anything was ever kept or signed in this folder. */
export function hasHistory(dir: string): boolean {
  const segments = join(dir, 'segments');
  return existsSync(join(dir, 'log', 'checkpoint')) || existsSync(join(dir, 'log', 'tile')) || (existsSync(segments) && readdirSync(segments).length > 0);
}

/** The key first: a start that is cut short between the two leaves a key that nothing was signed by. */
function makeLog(dir: string, file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  if (!existsSync(file)) writeDurable(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  const host = hostname().toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-').slice(0, HOST_CHARS_MAX);
  const origin = `sallyport.${host}/${randomBytes(4).toString('hex')}`;
  const vkey = vkeyOf(origin, createPublicKey(readKey(file)));
  writeDurable(identityFile(dir), `${JSON.stringify({ origin, vkey })}\n`, 0o644);
}

function readKey(file: string): KeyObject {
  let key: KeyObject;
  try {
    const stat = lstatSync(file);
    if (!stat.isFile() || (stat.mode & 0o077) !== 0) throw new Error('it must be a regular file that only its owner can read');
    key = createPrivateKey(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error && cause.message.startsWith('it must') ? cause.message : 'the key that signs checkpoints cannot be read';
    throw inconsistent(file, why, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw inconsistent(file, 'it is not an Ed25519 key');
  return key;
}
