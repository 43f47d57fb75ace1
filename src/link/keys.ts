import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { closeSync, existsSync, fchmodSync, fsyncSync, linkSync, lstatSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Role } from '../domain/role.ts';
import { ensureFolder } from './place.ts';
import { readPlain } from './published.ts';

const KEY_BYTES_MAX = 4096;

/**
 * The role's own Ed25519 key: `<home>/<role>/key.pem` (0600), made at the first start; its public half is published as
 * `<home>/keys/<role>/key.pub`. Throws `ERR_LINK_AUTH` when the file is readable by others, is not an Ed25519 key, or when the
 * published half belongs to another key: somebody put it there, and going on would let them pass for this role.
 */
export function ensureRoleKey(home: string, role: Role): KeyObject {
  const file = privateKeyFile(home, role);
  ensureFolder(dirname(file), 0o700);
  for (const folder of [join(home, 'keys'), join(home, 'keys', role)]) ensureFolder(folder, 0o755);
  if (!existsSync(file)) createOnce(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  const key = readPrivateKey(file);
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  createOnce(publicKeyFile(home, role), pem, 0o644);
  if (!readPeerKey(home, role).equals(createPublicKey(key))) {
    throw new SallyportError('ERR_LINK_AUTH', `the published key of role ${role} is not this role's key`, {
      remedy: `Find out who wrote ${publicKeyFile(home, role)}; remove it and start the role again to publish the right key.`,
    });
  }
  return key;
}

/** A peer's published key, read anew at each handshake so that a role started for the first time is known at once. */
export function readPeerKey(home: string, role: Role): KeyObject {
  const file = publicKeyFile(home, role);
  const key = parseKey(file, (pem) => createPublicKey(pem));
  if (key.asymmetricKeyType !== 'ed25519') throw new SallyportError('ERR_LINK_AUTH', `${file} is not an Ed25519 key`);
  return key;
}

/**
 * Pins the key of a role that is on another machine. Throws `ERR_LINK_AUTH` when another one is pinned: what it signed would
 * no longer be what was trusted so far.
 */
export function publishPeerKey(home: string, role: Role, pem: string): void {
  for (const folder of [join(home, 'keys'), join(home, 'keys', role)]) ensureFolder(folder, 0o755);
  createOnce(publicKeyFile(home, role), pem, 0o644);
  if (readPeerKey(home, role).equals(createPublicKey(pem))) return;
  throw new SallyportError('ERR_LINK_AUTH', `this machine knows another ${role} already`, {
    remedy: `If that is another installation's, remove ${publicKeyFile(home, role)}, or join with a home of its own.`,
  });
}

function readPrivateKey(file: string): KeyObject {
  const stat = lstatSync(file);
  if (!stat.isFile() || (stat.mode & 0o077) !== 0) {
    throw new SallyportError('ERR_LINK_AUTH', `${file} must be a regular file that only its owner can read`, { remedy: `chmod 600 ${file}` });
  }
  const key = parseKey(file, (pem) => createPrivateKey(pem));
  if (key.asymmetricKeyType !== 'ed25519') throw new SallyportError('ERR_LINK_AUTH', `${file} is not an Ed25519 key`);
  return key;
}

function parseKey(file: string, parse: (pem: string) => KeyObject): KeyObject {
  try {
    return parse(readPlain(file, KEY_BYTES_MAX));
  } catch (cause) {
    throw new SallyportError('ERR_LINK_AUTH', `no usable key in ${file}`, { remedy: 'Start the role once; it makes and publishes its key.', cause });
  }
}

/** Writes a whole file or nothing, and never over an existing one: two first starts at once agree on one key. */
function createOnce(file: string, text: string | Buffer, mode: number): void {
  const draft = `${file}.${process.pid}.${Date.now()}`;
  const fd = openSync(draft, 'wx', mode);
  try {
    fchmodSync(fd, mode);
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
}

function privateKeyFile(home: string, role: Role): string {
  return join(home, role, 'key.pem');
}

function publicKeyFile(home: string, role: Role): string {
  return join(home, 'keys', role, 'key.pub');
}
