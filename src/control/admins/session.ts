import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ACCESSES } from '../access.ts';
import type { Control } from '../control.ts';
import { findAccountView } from '../issuer/people.ts';
import type { Admin } from '../route.ts';
import { endedBefore } from '../sign-in/session.ts';

const SESSION = z.strictObject({
  /** Names it in records; it opens nothing. */
  id: z.string(), principal: z.string(), person: z.string(), startedAt: z.int(), seenAt: z.int(),
});
export type AdminSession = z.infer<typeof SESSION>;

type Kept = Pick<Control, 'state' | 'now'>;

const VALUE = /^[\w-]{43}$/;
/** Writing each look would make each page a write. */
const SEEN_EVERY_MS = 60_000;
const CSRF_HEADER = 'x-sallyport-csrf';
/** What a page of ours says with what it asks by itself: a screen that nobody looks at must not keep its session open. */
const IDLE_HEADER = 'x-sallyport-idle';

/** `__Host-` binds it to this very host and to TLS; over plain loopback browsers refuse such names. */
function cookieName(origin: string): string {
  return origin.startsWith('https:') ? '__Host-sallyport' : 'sallyport';
}

/** A new session with a new cookie, whatever the browser showed before: nobody can have planted it. Gives the `Set-Cookie` header. */
export async function openAdminSession(
  request: Request, origin: string, who: Pick<AdminSession, 'principal' | 'person'>, kept: Kept,
): Promise<{ readonly session: AdminSession; readonly cookie: string }> {
  await endAdminSession(request, origin, kept);
  // One that begins in the very millisecond in which all were ended is a new one.
  const at = Math.max(kept.now(), await endedBefore(kept.state, who.person) + 1);
  const session: AdminSession = { id: Bun.randomUUIDv7(), ...who, startedAt: at, seenAt: at };
  const value = randomBytes(32).toString('base64url');
  await save(kept, value, session);
  return { session, cookie: setCookie(origin, value) };
}

/** Ends the browser's session, if it has one. Gives the header that takes its cookie. */
export async function endAdminSession(request: Request, origin: string, { state }: Kept): Promise<string> {
  const value = readCookie(request, origin);
  if (value !== undefined) await state.delete(keyOf(value));
  return `${cookieName(origin)}=; Path=/; HttpOnly; SameSite=Strict${origin.startsWith('https:') ? '; Secure' : ''}; Max-Age=0`;
}

/** What a page of ours sends with every change; it follows from the cookie, which no script can read, and is told over the API alone. */
export function csrfToken(request: Request, origin: string): string | undefined {
  const value = readCookie(request, origin);
  return value === undefined ? undefined : csrfOf(value);
}

/**
 * Who is signed in in this browser: within the idle and the absolute time, not deactivated nor signed out everywhere since,
 * in the groups of this moment. A change must come from a page of ours: its Origin, and the token that only such a page can
 * know. Throws `ERR_ADMIN_CSRF`.
 */
export async function authenticateSession(request: Request, origin: string, control: Control): Promise<Admin | undefined> {
  const value = readCookie(request, origin);
  const session = value === undefined ? undefined : await findSession(value, control, request.headers.has(IDLE_HEADER));
  if (value === undefined || session === undefined) return undefined;
  const { person, startedAt } = session;
  const isEnded = startedAt <= await endedBefore(control.state, person);
  const account = isEnded ? undefined : await findAccountView(control.store, person, startedAt / 1000);
  if (account === undefined) {
    await control.state.delete(keyOf(value));
    return undefined;
  }
  checkOwnPage(request, origin, value);
  return adminOf(session, keyOf(value), account.groups);
}

function adminOf({ principal, startedAt }: AdminSession, session: string, groups: readonly string[]): Admin {
  return { id: principal, may: ACCESSES, proof: { via: 'session', kind: 'person', groups, proof: 'bearer', issuedAt: startedAt, session } };
}

/** Who a session stands for at this moment; undefined: it is over. Looking does not keep it from ending. */
export async function sessionNow(key: string, control: Pick<Control, 'state' | 'store' | 'now'>): Promise<Admin | undefined> {
  const session = await readSession(key, control);
  if (session === undefined || session.startedAt <= await endedBefore(control.state, session.person)) return undefined;
  const account = await findAccountView(control.store, session.person, session.startedAt / 1000);
  return account && adminOf(session, key, account.groups);
}

function checkOwnPage(request: Request, origin: string, value: string): void {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') throw forged();
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const given = request.headers.get(CSRF_HEADER) ?? '';
  if (request.headers.get('origin') !== origin || !isSame(given, csrfOf(value))) throw forged();
}

function forged(): SallyportError {
  return new SallyportError('ERR_ADMIN_CSRF', 'this did not come from a page of ours', {
    remedy: `Send our own Origin, and the token of GET /sign-in/console/session as ${CSRF_HEADER}.`,
  });
}

async function readSession(key: string, kept: Kept): Promise<AdminSession | undefined> {
  const text = await kept.state.get(key);
  if (text === undefined) return undefined;
  const session = SESSION.parse(JSON.parse(text));
  const at = kept.now();
  if (at - session.seenAt < LIMITS.adminSessionIdleMs && at - session.startedAt < LIMITS.adminSessionMs) return session;
  await kept.state.delete(key);
  return undefined;
}

/** `byItself`: a page of ours asked again by itself, while nobody did anything there. */
async function findSession(value: string, kept: Kept, byItself: boolean): Promise<AdminSession | undefined> {
  const session = await readSession(keyOf(value), kept);
  const at = kept.now();
  if (session === undefined || byItself || at - session.seenAt < SEEN_EVERY_MS) return session;
  const seen = { ...session, seenAt: at };
  await save(kept, value, seen);
  return seen;
}

async function save({ state, now }: Kept, value: string, session: AdminSession): Promise<void> {
  const ttlMs = Math.min(LIMITS.adminSessionIdleMs, session.startedAt + LIMITS.adminSessionMs - now());
  await state.set(keyOf(value), JSON.stringify(session), Math.max(1, ttlMs));
}

/** One cookie of the name; two are nobody's, because then somebody else may have set one of them. */
function readCookie(request: Request, origin: string): string | undefined {
  const start = `${cookieName(origin)}=`;
  const values = (request.headers.get('cookie') ?? '').split(/[;,]\s*/).filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length));
  const [value, ...more] = values;
  return value !== undefined && more.length === 0 && VALUE.test(value) ? value : undefined;
}

function setCookie(origin: string, value: string): string {
  return `${cookieName(origin)}=${value}; Path=/; HttpOnly; SameSite=Strict${origin.startsWith('https:') ? '; Secure' : ''}`;
}

/** Whoever reads the store learns no cookie. */
function keyOf(value: string): string {
  return `admin-session/${createHash('sha256').update(value).digest('base64url')}`;
}

function csrfOf(value: string): string {
  return createHmac('sha256', value).update('sallyport/csrf').digest('base64url');
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
