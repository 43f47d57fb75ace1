import { randomBytes, randomInt } from 'node:crypto';
import type { JsonObject } from '../../domain/json.ts';
import type { By } from '../control.ts';
import type { Canary } from './schema.ts';
import { setSecret, type Secrets } from './secrets.ts';

/**
 * Makes a value that nobody has an honest use for, and keeps it in the vault: wherever it turns up afterwards, somebody took it from
 * where it was planted. It opens nothing, so that it may be shown: whoever plants it must have it.
 */
export async function mintCanary(secrets: Secrets, by: By, name: string, { like, planted }: Canary): Promise<JsonObject> {
  const value = MAKE[like]();
  const made = await setSecret(secrets, by, name, { value, canary: planted });
  return { ...made, value };
}

const MAKE: Readonly<Record<Canary['like'], () => string>> = {
  token: () => `sk_live_${text(LETTERS, 32)}`,
  aws: () => `AKIA${text(BASE32, 16)}`,
  github: () => `ghp_${text(LETTERS, 36)}`,
  password: () => randomBytes(15).toString('base64url'),
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function text(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)] ?? '').join('');
}
