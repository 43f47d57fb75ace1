import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';

/*
 * Shamir's secret sharing over GF(2^8): each byte of the secret is the value at 0 of a random polynomial whose degree is one
 * less than how many shares open it; share x holds the values at x. Fewer shares say nothing at all about the secret.
 */

const HEAD = 'SALLYPORT-SHARE-1';
const SHARES_MAX = 16;
/** x^8 + x^4 + x^3 + x + 1, as in AES; 3 generates every element but 0. */
const POLYNOMIAL = 0x11b;
const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = value;
  EXP[power + 255] = value;
  LOG[value] = power;
  const doubled = (value << 1) ^ (value & 0x80 ? POLYNOMIAL : 0);
  value = (doubled ^ value) & 0xff;
}

const SHARE = z.strictObject({
  /** Which secret: the recipient that its key opens for. */
  recipient: z.string().max(200),
  /** Whose backups, so that nobody has to look for it on the day. */
  installation: z.string().max(100).exactOptional(),
  /** How many open it. */
  needed: z.int().min(2).max(SHARES_MAX),
  of: z.int().min(2).max(SHARES_MAX),
  at: z.int().min(1).max(SHARES_MAX),
  part: z.string().regex(/^[0-9a-f]{2,1000}$/),
});
export type Share = z.infer<typeof SHARE>;

/** Splits a secret into `of` shares of which any `needed` give it back. */
export function splitSecret(secret: string, about: Omit<Share, 'at' | 'part'>): readonly Share[] {
  const { needed, of } = about;
  if (!(needed >= 2 && of >= needed && of <= SHARES_MAX)) {
    throw new SallyportError('ERR_USAGE', `a key is split into at most ${SHARES_MAX} shares, of which at least 2 open it`, {
      remedy: 'Say for instance --shares 3 --needed 2.',
    });
  }
  const bytes = Buffer.from(secret);
  const parts = Array.from({ length: of }, () => Buffer.alloc(bytes.length));
  for (const [index, byte] of bytes.entries()) {
    const coefficients = [byte, ...randomBytes(needed - 1)];
    for (const [share, part] of parts.entries()) part[index] = valueAt(coefficients, share + 1);
  }
  return parts.map((part, index) => ({ ...about, at: index + 1, part: part.toString('hex') }));
}

/** The secret. Throws `ERR_BACKUP_KEY` for too few shares, and for shares of different secrets. */
export function joinShares(shares: readonly Share[]): string {
  const [first] = shares;
  const distinct = new Map(shares.map((share) => [share.at, share]));
  if (first === undefined || distinct.size < first.needed) throw unusable(`${distinct.size} shares are too few: it takes ${first?.needed ?? 2}`);
  const isOne = shares.every(({ recipient, needed, part }) => recipient === first.recipient && needed === first.needed && part.length === first.part.length);
  if (!isOne) throw unusable('the shares are not of one key');
  const chosen = [...distinct.values()].slice(0, first.needed).map(({ at, part }) => ({ at, bytes: Buffer.from(part, 'hex') }));
  const secret = Buffer.alloc(first.part.length / 2);
  for (let index = 0; index < secret.length; index += 1) {
    let sum = 0;
    for (const { at, bytes } of chosen) sum ^= multiply(bytes[index] ?? 0, weightOf(at, chosen));
    secret[index] = sum;
  }
  return secret.toString('utf8');
}

/** A share as one line that people can keep on paper; its end shows whether it was copied right. */
export function formatShare(share: Share): string {
  const body = Buffer.from(JSON.stringify(share)).toString('base64url');
  return `${HEAD} ${body} ${checksum(body)}`;
}

/** Throws `ERR_BACKUP_KEY` for a line that is none. */
export function parseShare(text: string): Share {
  const [head, body = '', check = ''] = text.trim().split(/\s+/);
  const expected = checksum(body);
  const isWhole = check.length === expected.length && timingSafeEqual(Buffer.from(check), Buffer.from(expected));
  if (head !== HEAD || !isWhole) throw unusable('a share was not copied right');
  const read = SHARE.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')), { reportInput: false });
  if (!read.success) throw unusable('a share cannot be read');
  return read.data;
}

/** Lagrange's weight of a share at 0. */
function weightOf(at: number, all: readonly { readonly at: number }[]): number {
  let weight = 1;
  for (const other of all) if (other.at !== at) weight = multiply(weight, divide(other.at, other.at ^ at));
  return weight;
}

function valueAt(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients.toReversed()) value = multiply(value, x) ^ coefficient;
  return value;
}

function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : (EXP[(LOG[a] ?? 0) + (LOG[b] ?? 0)] ?? 0);
}

function divide(a: number, b: number): number {
  return a === 0 ? 0 : (EXP[(LOG[a] ?? 0) + 255 - (LOG[b] ?? 0)] ?? 0);
}

function checksum(body: string): string {
  return createHash('sha256').update(`${HEAD} ${body}`).digest('hex').slice(0, 8);
}

function unusable(why: string): SallyportError {
  return new SallyportError('ERR_BACKUP_KEY', `the key of the backups cannot be put together: ${why}`, {
    remedy: 'Bring the shares of the same escrow, each whole.',
  });
}
