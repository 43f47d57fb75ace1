import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, lstatSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject, type Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Role } from '../../domain/role.ts';
import { ensureFolder } from '../place.ts';
import { NODE, readMachine, type Machine } from './machine.ts';

/** A key that must not be believed any more, and until when a certificate over it could still be alive. */
export interface DeadKey {
  readonly key: string;
  /** Epoch ms. */
  readonly until: number;
}

/** What joining leaves behind on a machine. */
export interface Enrolled {
  /** PEM, PKCS #8; made on this machine. */
  readonly key: string;
  readonly certificate: string;
  /** PEM of control's authority: the only one that is believed on links. */
  readonly authority: string;
  /** `host:port` where control's link was found. */
  readonly control: string;
}

/**
 * By what one role on one machine proves itself to other machines, and what it knows of keys that are dead. Kept in
 * `<home>/<role>/link/<node>` (0700): it survives restarts, also those without control.
 */
export class Credentials {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  readonly authority: X509Certificate;
  readonly authorityPem: string;
  readonly key: string;
  readonly control: string;
  readonly role: Role;
  readonly node: string;
  #certificate: string;
  #machine: Machine;
  #dead: ReadonlyMap<string, number>;

  /** What an earlier join left; `undefined`: none did. Throws `ERR_LINK_AUTH` when it is another's, has expired or was meddled with. */
  static open(home: string, role: Role, node: string, now: () => number = Date.now): Credentials | undefined {
    const folder = folderOf(home, role, node);
    return existsSync(join(folder, 'enrolled.json')) ? new Credentials(folder, role, node, now) : undefined;
  }

  /** Keeps what joining gave. Throws `ERR_LINK_AUTH` when it is not for this role and node. */
  static keep(home: string, role: Role, node: string, enrolled: Enrolled, now: () => number = Date.now): Credentials {
    const folder = folderOf(home, role, node);
    for (const each of [join(home, role), join(home, role, 'link'), folder]) ensureFolder(each, 0o700);
    write(join(folder, 'enrolled.json'), JSON.stringify(enrolled));
    return new Credentials(folder, role, node, now);
  }

  private constructor(folder: string, role: Role, node: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
    this.role = role;
    this.node = node;
    const { key, certificate, authority, control } = readEnrolled(join(folder, 'enrolled.json'));
    [this.key, this.authorityPem, this.control] = [key, authority, control];
    this.authority = new X509Certificate(authority);
    this.#certificate = certificate;
    this.#machine = this.#check(certificate);
    this.#dead = this.#readDead();
  }

  get certificate(): string {
    return this.#certificate;
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** Called after each renewal and each revocation; returns the way to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a renewed certificate into use. Throws `ERR_LINK_AUTH` unless it is this role's, over this key. */
  adopt(certificate: string): void {
    this.#machine = this.#check(certificate);
    this.#certificate = certificate;
    write(join(this.#folder, 'enrolled.json'), JSON.stringify({ key: this.key, certificate, authority: this.authorityPem, control: this.control }));
    for (const listener of this.#listeners) listener();
  }

  /** What control says is dead. Kept until it is dead by itself; nothing ever comes back to life by a shorter list. */
  bury(dead: readonly DeadKey[]): void {
    const now = this.#now();
    const all = new Map([...this.#dead].filter(([, until]) => until > now));
    for (const { key, until } of dead) if (until > now) all.set(key, Math.max(until, all.get(key) ?? 0));
    if (all.size === this.#dead.size && [...all].every(([key, until]) => this.#dead.get(key) === until)) return;
    this.#dead = all;
    write(join(this.#folder, 'dead.json'), JSON.stringify([...all].map(([key, until]) => ({ key, until }))));
    for (const listener of this.#listeners) listener();
  }

  isDead(machine: Machine): boolean {
    return this.#dead.has(machine.key);
  }

  /** Reads what a peer presented. Throws `ERR_LINK_AUTH`, also for one that was revoked. */
  readPeer(certificate: X509Certificate): Machine {
    const machine = readMachine(certificate, this.authority, this.#now());
    if (this.isDead(machine)) throw new SallyportError('ERR_LINK_AUTH', `${machine.role} ${machine.node} was revoked`);
    return machine;
  }

  /** Whether a connection to this peer must end now. */
  isOver(machine: Machine): boolean {
    return machine.expiresAt <= this.#now() || this.isDead(machine);
  }

  #check(pem: string): Machine {
    const certificate = new X509Certificate(pem);
    const machine = readMachine(certificate, this.authority, this.#now());
    if (machine.role !== this.role || machine.node !== this.node) throw foreign(`it is of ${machine.role} ${machine.node}`);
    if (!certificate.publicKey.equals(createPublicKey(createPrivateKey(this.key)))) throw foreign('it is over another key');
    return machine;
  }

  #readDead(): ReadonlyMap<string, number> {
    const file = join(this.#folder, 'dead.json');
    if (!existsSync(file)) return new Map();
    const list: Json = JSON.parse(readFileSync(file, 'utf8'));
    return new Map(readDeadKeys(list).map(({ key, until }) => [key, until]));
  }
}

/** Throws `ERR_LINK_FRAME`. */
export function readDeadKeys(list: Json): readonly DeadKey[] {
  if (!isArray(list) || list.length > LIMITS.linkMachinesMax) throw new SallyportError('ERR_LINK_FRAME', 'what is dead is a list');
  return list.map((item) => {
    const { key, until } = isObject(item) ? item : {};
    if (typeof key !== 'string' || typeof until !== 'number') throw new SallyportError('ERR_LINK_FRAME', 'what is dead is named by its key');
    return { key, until };
  });
}

function folderOf(home: string, role: Role, node: string): string {
  if (!NODE.test(node)) throw new SallyportError('ERR_USAGE', `${node} is no node's name`, { remedy: 'Letters, digits and dashes, at most 63.' });
  return join(home, role, 'link', node);
}

function readEnrolled(file: string): Enrolled {
  const stat = lstatSync(file);
  if (!stat.isFile() || (stat.mode & 0o077) !== 0) {
    throw new SallyportError('ERR_LINK_AUTH', `${file} must be a regular file that only its owner can read`, { remedy: `chmod 600 ${file}` });
  }
  try {
    const read: Json = JSON.parse(readFileSync(file, 'utf8'));
    const { key, certificate, authority, control } = isObject(read) ? read : {};
    if (typeof key === 'string' && typeof certificate === 'string' && typeof authority === 'string' && typeof control === 'string') {
      return { key, certificate, authority, control };
    }
    throw new Error('members are missing');
  } catch (cause) {
    throw new SallyportError('ERR_LINK_AUTH', `${file} can't be read`, { remedy: 'Remove its folder and join again with a new token.', cause });
  }
}

/** The whole file or the one before it, for its owner alone. */
function write(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
}

function foreign(why: string): SallyportError {
  return new SallyportError('ERR_LINK_AUTH', `the certificate is not this machine's: ${why}`, { remedy: 'Join again with a new token: sallyport link token.' });
}
