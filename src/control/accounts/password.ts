import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { isCommon } from './guessable.ts';

/** RFC 9106 section 4, second recommended option, on one lane: 64 MiB and three passes, about 0.2 s of one core. */
const COST = { algorithm: 'argon2id', memoryCost: 65_536, timeCost: 3 } as const;

const CHARACTERS_MIN = 12;
const CHARACTERS_MAX = 256;

/** In this process: memory is what the limit protects, and it is the process's. */
let running = 0;
const waiting: (() => void)[] = [];
let decoy: Promise<string> | undefined;

/**
 * Hashes a new password. Throws `ERR_PASSWORD_WEAK` for one that is short, common or made of the user name; a too long
 * one is refused too, never cut. `names`: what the password must not be made of.
 */
export async function hashPassword(password: string, names: readonly string[]): Promise<string> {
  const text = normalize(password);
  const problem = weaknessOf(text, names);
  if (problem !== undefined) {
    throw new SallyportError('ERR_PASSWORD_WEAK', `the password ${problem}`, { remedy: 'Several words that nobody would put together are easy to remember.' });
  }
  return exclusively(() => Bun.password.hash(text, COST));
}

/**
 * Whether a password is the one of a hash. Without a hash (nobody has that name, or no password) the same work is done
 * against a decoy, so that the answer's time doesn't tell which names exist. Throws `ERR_BUSY` when too many wait.
 */
export async function checkPassword(password: string, hash: string | undefined): Promise<boolean> {
  decoy ??= Bun.password.hash(crypto.randomUUID(), COST);
  const against = hash ?? await decoy;
  // What could never have been set needs no work, and a megabyte of it would be much.
  const text = password.length > CHARACTERS_MAX * 2 ? '-' : normalize(password);
  const same = await exclusively(() => Bun.password.verify(text, against));
  return same && hash !== undefined;
}

/** One person's keyboard composes an accent, another's doesn't: both are the same password (NIST SP 800-63B, 3.1.1.2). */
function normalize(password: string): string {
  return password.normalize('NFC');
}

function weaknessOf(text: string, names: readonly string[]): string | undefined {
  const length = Array.from(text).length;
  if (length < CHARACTERS_MIN) return `must have ${CHARACTERS_MIN} characters or more`;
  if (length > CHARACTERS_MAX) return `must have at most ${CHARACTERS_MAX} characters`;
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'must not hold control characters';
  const lower = text.toLowerCase();
  const rest = names.filter((name) => name.length >= 3).reduce((left, name) => left.replaceAll(name.toLowerCase(), ''), lower);
  if (rest.length !== lower.length && Array.from(rest).length < CHARACTERS_MIN / 2) return 'must not be made of the user name';
  return isCommon(lower) ? 'is one that many people use, or follows a pattern' : undefined;
}

/** At most so many at once, the rest in turn: each takes 64 MiB, so a flood of sign-ins would take all there is. */
async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  if (running >= LIMITS.passwordChecksMax) {
    if (waiting.length >= LIMITS.passwordChecksWaitingMax) {
      throw new SallyportError('ERR_BUSY', 'too many people sign in at this moment', { remedy: 'Try again in a minute.' });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await work();
  } finally {
    // The place goes to the next in turn, without a moment in which a newcomer could take it.
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}
