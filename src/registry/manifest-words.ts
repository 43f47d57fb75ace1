import { z } from 'zod';
import { SECRET_REFERENCE } from '../domain/server.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import { ID_PATTERN } from './names.ts';
import { refusedReference } from '../domain/secret-forms.ts';

/** The words that sallyport.yaml is made of. */

export const ID = z.string().regex(ID_PATTERN, 'must be 1 to 63 of a-z, 0-9 and "-", with a letter or digit at both ends');
export const WORDS = z.string().trim().min(1).max(2000).regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text');
export const SECRET = z
  .string()
  .refine((value) => refusedReference(value) === undefined, { error: ({ input }) => refusedReference(String(input)), abort: true })
  .regex(SECRET_REFERENCE, 'must say where the secret is (vault:NAME, env:NAME or file:/path), never the secret itself');
export const HTTP_URL = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((url) => !/^[a-z]+:\/\/[^/]*@/i.test(url), { error: 'must not hold a user name or password; give them under credentials' });

/** Where tokens and secrets are sent or believed: encrypted, unless it never leaves this machine. */
export const SAFE_URL = HTTP_URL.refine((text) => isSafe(text), { error: 'must be an https URL (http only on loopback)' });

function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isLoopbackHost(hostname);
}

/** The runtime reads 30 February as a day of March. */
function exists(text: string): boolean {
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text.slice(0, 10));
}

export const DATE = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date, for instance 2026-12-31')
  .refine(exists, { error: 'is not a date that exists' });

export const MOMENT = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z)?$/, 'must be a date (2026-12-31) or a UTC time (2026-12-31T12:00Z)')
  .refine(exists, { error: 'is not a date that exists' });

/** A moment of the manifest's, to the second. */
export function formatMoment(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z').replace(/T00:00:00Z$/, '');
}
