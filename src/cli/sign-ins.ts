import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import { originOfApi } from './control-url.ts';
import type { Granted, PublicClient } from './oauth.ts';

const STORED = z.strictObject({
  resource: z.string(),
  clientId: z.string(),
  /** PEM of the roots that the gate and its issuer are verified against, where the system's do not do. */
  ca: z.string().optional(),
  key: z.record(z.string(), z.unknown()),
  accessToken: z.string(),
  expiresAt: z.number(),
  refreshToken: z.string().optional(),
  scope: z.string().optional(),
});
type Stored = z.infer<typeof STORED>;

/** One sign-in at one route, as this machine keeps it: who signed in is known to the issuer alone. */
export interface SignIn extends Granted {
  readonly resource: string;
  readonly client: PublicClient;
  readonly ca: string | undefined;
}

/** Where sign-ins rest: one file each, for this user only. Their tokens are bound to the key beside them (RFC 9449). */
export interface SignIns {
  /** Throws `ERR_SIGN_IN` where nobody has signed in, `ERR_FILE_UNREADABLE` where others could have read it. */
  read(resource: string): Promise<SignIn>;
  write(signIn: SignIn): Promise<void>;
  remove(resource: string): void;
  /** One at a time on this machine: two that used the same refresh token would look like a thief and end the whole sign-in. */
  alone<T>(resource: string, act: () => Promise<T>): Promise<T>;
}

const WAIT_MS = 20;
/** Longer than any refresh takes: who holds a lock longer was killed. */
const LOCK_MS = 60_000;

export function openSignIns(home: string): SignIns {
  const folder = join(home, 'sign-ins');
  const fileOf = (resource: string): string => join(folder, `${createHash('sha256').update(resource).digest('hex').slice(0, 32)}.json`);
  return {
    async read(resource) {
      const file = fileOf(resource);
      if (!existsSync(file)) {
        throw new SallyportError('ERR_SIGN_IN', `nobody has signed in at ${resource}`, { remedy: `Sign in with: ${signInCommand(resource)}` });
      }
      if ((statSync(file).mode & 0o077) !== 0) {
        throw new SallyportError('ERR_FILE_UNREADABLE', `${file} can be read by other users`, { remedy: 'Delete it, and sign in again.' });
      }
      return toSignIn(STORED.parse(JSON.parse(readFileSync(file, 'utf8'))));
    },
    async write(signIn) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chmodSync(folder, 0o700);
      const { client: { clientId, keys }, ...rest } = signIn;
      const stored: Stored = { ...rest, clientId, key: { ...await exportJWK(keys.privateKey) } };
      const file = fileOf(signIn.resource);
      // Whole or not at all: a half-written file would lose the refresh token that replaced the spent one.
      writeFileSync(`${file}.new`, JSON.stringify(stored), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    remove: (resource) => rmSync(fileOf(resource), { force: true }),
    async alone(resource, act) {
      const lock = `${fileOf(resource)}.lock`;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      while (!taken(lock)) await Bun.sleep(WAIT_MS);
      try {
        return await act();
      } finally {
        rmSync(lock, { force: true });
      }
    },
  };
}

/** How to sign in for a resource: a route of a gate, or the API of a control. */
export function signInCommand(resource: string): string {
  const origin = originOfApi(resource);
  return origin === undefined ? `sallyport sign-in ${resource}` : `sallyport sign-in --control ${origin}`;
}

function taken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    try {
      if (Date.now() - statSync(lock).mtimeMs > LOCK_MS) rmSync(lock, { force: true });
    } catch {
      // Whoever held it has just let it go.
    }
    return false;
  }
}

async function toSignIn({ clientId, key, ...rest }: Stored): Promise<SignIn> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- importJWK refuses what is no key
  const jwk = key as JWK;
  const { d: _, ...open } = jwk;
  const [privateKey, publicKey] = await Promise.all([importJWK(jwk, 'ES256', { extractable: true }), importJWK(open, 'ES256', { extractable: true })]);
  if (!(privateKey instanceof CryptoKey) || !(publicKey instanceof CryptoKey)) throw new SallyportError('ERR_SIGN_IN', 'the stored sign-in is damaged');
  return { ...rest, ca: rest.ca, refreshToken: rest.refreshToken, scope: rest.scope, client: { clientId, keys: { privateKey, publicKey } } };
}
