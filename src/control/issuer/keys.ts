import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { SigningKey, SigningKeys } from '../../identity/issuer/parts.ts';

const JWK = z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string() });
const KEY = z.strictObject({ kid: z.string(), jwk: JWK, createdAt: z.number() });
const FILE = z.strictObject({
  active: KEY,
  /** Published, so that every gateway knows it before it signs anything. */
  next: KEY,
  /** Sign no more, and stay published until the last token that they signed has ended. */
  old: z.array(KEY.extend({ until: z.number() })),
});
export type KeyRing = z.infer<typeof FILE>;

/** A gateway's clock may be behind control's. */
const SKEW_MS = 60_000;

/** The issuer's signing keys: a file (0600) in control's folder, made at the first start. Throws `ERR_FILE_UNREADABLE`. */
export async function openKeyRing(file: string): Promise<KeyRing> {
  const found = read(file);
  if (found !== undefined) return found;
  const made = await makeRing();
  writeKeyRing(file, made);
  return made;
}

/** New keys without a past: what was signed before is worth nothing once gateways have their snapshot. For keys that somebody may have read. */
export async function makeRing(): Promise<KeyRing> {
  return { active: await makeKey(), next: await makeKey(), old: [] };
}

/** The next key signs from now on, another is made for the time after, and the one before stays until its tokens have ended. */
export async function rotate({ active, next, old }: KeyRing, now: number): Promise<KeyRing> {
  const until = now + LIMITS.accessTokenMs + SKEW_MS;
  return { active: next, next: await makeKey(), old: [...old.filter((key) => key.until > now), { ...active, until }] };
}

/** Whole or not at all: a half-written ring would lock everybody out. */
export function writeKeyRing(file: string, ring: KeyRing): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(ring)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

export function signingKeys({ active, next, old }: KeyRing, now: number): SigningKeys {
  return { active, published: [active, next, ...old.filter((key) => key.until > now)] };
}

export function publicKeys({ published }: SigningKeys): JsonObject {
  return { keys: published.map(({ kid, jwk: { kty = '', crv = '', x = '', y = '' } }) => ({ kid, kty, crv, x, y, alg: 'ES256', use: 'sig' })) };
}

async function makeKey(): Promise<SigningKey & KeyRing['active']> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = JWK.parse(await exportJWK(privateKey));
  return { kid: await calculateJwkThumbprint(jwk), jwk, createdAt: Date.now() };
}

function read(file: string): KeyRing | undefined {
  try {
    if ((statSync(file).mode & 0o077) !== 0) throw damaged(`${file} can be read by other users`);
    const ring = FILE.safeParse(JSON.parse(readFileSync(file, 'utf8')), { reportInput: false });
    if (!ring.success) throw damaged(`${file} is damaged`);
    return ring.data;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error instanceof SallyportError ? error : damaged(`${file} is damaged`);
  }
}

function damaged(message: string): SallyportError {
  return new SallyportError('ERR_FILE_UNREADABLE', message, { remedy: 'Delete the file; new keys are made, and everybody signs in again.' });
}
