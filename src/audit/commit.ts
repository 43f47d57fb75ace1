import { CryptoHasher } from 'bun';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';

const SALT_BYTES = 32;
const DAY_MS = 24 * 60 * 60_000;
const DIGEST = /^(\d{4}-\d{2}-\d{2})\.[A-Za-z0-9_-]{43}$/;

/**
 * Salted commitments of data (DESIGN part 5): a record can be shown to speak of certain bytes, but nobody who only reads the
 * journal can try guesses. One salt a day keeps it cheap and lets a day be erased: without its salt its digests say nothing.
 */
export interface Commitments {
  /** `<day>.<HMAC-SHA-256, base64url>`. Throws when the day's salt can be neither read nor made. */
  commit(data: string | Uint8Array): string;
  /** False also when the day's salt has been erased. */
  verify(data: string | Uint8Array, digest: string): boolean;
  /** Makes all digests of a day (`YYYY-MM-DD`, UTC) meaningless for good. */
  erase(day: string): void;
  /** Erases every day's salt that is older: digests mean nothing any more once the payloads are gone that they speak of. */
  expire(days: number): void;
}

/** Salts live in `dir` (0700), one file a day (0600). */
export function openCommitments(dir: string, now: () => number = Date.now): Commitments {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  let today: { readonly startsAt: number; readonly day: string; readonly salt: Buffer } | undefined;
  const current = (): { readonly day: string; readonly salt: Buffer } => {
    const at = now();
    if (today === undefined || at < today.startsAt || at >= today.startsAt + DAY_MS) {
      const day = new Date(at).toISOString().slice(0, 10);
      today = { startsAt: Date.parse(day), day, salt: readSalt(dir, day) ?? makeSalt(dir, day) };
    }
    return today;
  };
  const erase = (day: string): void => {
    if (today?.day === day) throw new SallyportError('ERR_CONFLICT', 'the salt of the running day is in use');
    if (DIGEST.test(`${day}.${'A'.repeat(43)}`)) rmSync(saltFile(dir, day), { force: true });
  };
  return {
    commit: (data) => {
      const { day, salt } = current();
      return `${day}.${hmac(salt, data)}`;
    },
    verify: (data, digest) => {
      const day = DIGEST.exec(digest)?.[1];
      const salt = day === undefined ? undefined : readSalt(dir, day);
      if (salt === undefined) return false;
      return timingSafeEqual(Buffer.from(digest), Buffer.from(`${day}.${hmac(salt, data)}`));
    },
    erase,
    expire: (days) => {
      const { day: running } = current();
      const first = now() - (days + 1) * DAY_MS;
      for (const day of readdirSync(dir)) if (day !== running && Date.parse(day) < first) erase(day);
    },
  };
}

function hmac(salt: Buffer, data: string | Uint8Array): string {
  return new CryptoHasher('sha256', salt).update(data).digest('base64url');
}

function readSalt(dir: string, day: string): Buffer | undefined {
  try {
    const salt = readFileSync(saltFile(dir, day));
    return salt.length === SALT_BYTES ? salt : undefined;
  } catch {
    return undefined;
  }
}

function makeSalt(dir: string, day: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const fd = openSync(saltFile(dir, day), 'w', 0o600);
  try {
    writeSync(fd, salt);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return salt;
}

function saltFile(dir: string, day: string): string {
  return join(dir, day);
}
