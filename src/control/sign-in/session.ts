import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import type { SharedState } from '../../domain/state.ts';
import type { Control } from '../control.ts';
import type { WebRequest } from '../web.ts';
import { readCookie, writeCookie } from './cookies.ts';

/** How somebody proved who they are (RFC 8176): password, a key in hardware or synced, or the company's provider. */
const METHODS = ['pwd', 'hwk', 'sso'] as const;
export type Method = (typeof METHODS)[number];

/** Authentication context of a sign-in, for clients that ask for one: `phr` cannot be phished (OpenID Connect EAP ACR values). */
export const ACRS: Readonly<Record<Method, string>> = { pwd: 'pwd', hwk: 'phr', sso: 'sso' };
export const AMRS: Readonly<Record<Method, readonly string[]>> = { pwd: ['pwd'], hwk: ['pop', 'user'], sso: ['sso'] };

const SESSION = z.strictObject({
  id: z.string(), person: z.string(), method: z.enum(METHODS), signedInAt: z.number(), seenAt: z.number(),
});
/** One person (id of the `person` row) signed in, in one browser, at control's door. `id` names it in records; it opens nothing. */
export type DoorSession = z.infer<typeof SESSION>;

/** How the browser is sent away with its cookies. */
export interface Opened {
  readonly session: DoorSession;
  /** A `Set-Cookie` header. */
  readonly cookie: string;
}

const COOKIE = 'session';
const VALUE_BYTES = 32;
/** Writing each look would make each page a write. */
const SEEN_EVERY_MS = 60_000;

/**
 * Who is signed in in this browser, if anybody is: within the idle and the absolute time, and not ended elsewhere. Whether
 * the person may still do anything is not asked here (`needPerson`). Throws `ERR_STORE_UNAVAILABLE`.
 */
export async function findSession(web: WebRequest, control: Pick<Control, 'state' | 'now'>): Promise<DoorSession | undefined> {
  const { state, now } = control;
  const key = keyOf(readCookie(web, COOKIE));
  const text = key === undefined ? undefined : await state.get(key);
  if (key === undefined || text === undefined) return undefined;
  const session = SESSION.parse(JSON.parse(text));
  const at = now();
  const over = at - session.seenAt >= LIMITS.signInIdleMs || at - session.signedInAt >= LIMITS.signInMaxMs;
  if (over || session.signedInAt <= await endedBefore(state, session.person)) {
    await state.delete(key);
    return undefined;
  }
  if (at - session.seenAt < SEEN_EVERY_MS) return session;
  const seen = { ...session, seenAt: at };
  await save(state, key, seen, at);
  return seen;
}

/** A new session with a new cookie; the one that the browser had before ends (nobody can have planted this one). */
export async function openSession(
  web: WebRequest, control: Pick<Control, 'state' | 'now'>, who: Pick<DoorSession, 'person' | 'method'>,
): Promise<Opened> {
  const { state, now } = control;
  await endSession(web, control);
  // A session that began in the very millisecond in which all were ended is a new one.
  const at = Math.max(now(), await endedBefore(state, who.person) + 1);
  const session = { id: Bun.randomUUIDv7(), ...who, signedInAt: at, seenAt: at };
  const value = randomBytes(VALUE_BYTES).toString('base64url');
  await save(state, keyOf(value) ?? '', session, at);
  return { session, cookie: writeCookie(web, COOKIE, value) };
}

/** Ends this browser's session, and gives the header that takes its cookie. */
export async function endSession(web: WebRequest, { state }: Pick<Control, 'state'>): Promise<string> {
  const key = keyOf(readCookie(web, COOKIE));
  if (key !== undefined) await state.delete(key);
  return writeCookie(web, COOKIE, '');
}

/** Ends all sessions of a person, in every browser; those for administration too. */
export async function endSessionsOf({ state, now }: Pick<Control, 'state' | 'now'>, person: string): Promise<void> {
  // For as long as what came of those sessions could be renewed.
  await state.set(`session-end/${person}`, String(now()), LIMITS.grantMs);
}

/** Epoch ms: what began until then is over. */
export async function endedBefore(state: SharedState, person: string): Promise<number> {
  return Number(await state.get(`session-end/${person}`) ?? 0);
}

async function save(state: SharedState, key: string, session: DoorSession, at: number): Promise<void> {
  const ttlMs = Math.min(LIMITS.signInIdleMs, session.signedInAt + LIMITS.signInMaxMs - at);
  await state.set(key, JSON.stringify(session), Math.max(1, ttlMs));
}

/** Whoever reads the store learns no cookie. */
function keyOf(value: string | undefined): string | undefined {
  return value === undefined || !/^[\w-]{43}$/.test(value) ? undefined : `session/${digest(value)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
