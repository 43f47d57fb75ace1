import { createHash, randomBytes } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Control } from '../control.ts';
import type { WebRequest } from '../web.ts';
import { readCookie, writeCookie } from './cookies.ts';
import { goTo } from './page.ts';
import { openSession } from './session.ts';
import type { Method } from './session.ts';
import { findActive, principalOf } from './who.ts';

const DEVICE = 'device';
const DEVICE_MS = 180 * 24 * 60 * 60_000;

/** Somebody proved who they are: recorded first, then a new session in this browser, then on to where they wanted to go. */
export async function enter(web: WebRequest, control: Control, person: string, method: Method, to: string): Promise<Response> {
  const found = await findActive(control, person);
  if (found === undefined) {
    await refuseEntry(web, control, 'ERR_SIGN_IN_REFUSED', 'deactivated', person);
    throw new SallyportError('ERR_SIGN_IN_REFUSED', 'You cannot sign in here.', { remedy: 'Ask your administrator.' });
  }
  await control.record({
    event: 'person.signed-in', space: DEFAULT_SPACE, principal: principalOf(web, person), address: web.address, detail: { method },
  });
  const { cookie } = await openSession(web, control, { person, method });
  return goTo(to, [cookie, ...(method === 'sso' ? [] : [await markDevice(web, control, person)])]);
}

/** Records that somebody did not get in. What they typed is not kept: people type passwords into the wrong field. */
export async function refuseEntry(web: WebRequest, control: Control, code: ErrorCode, reason: string, person?: string): Promise<void> {
  await control.refused({
    event: 'person.refused', space: DEFAULT_SPACE, address: web.address, code, reason, ...(person === undefined ? {} : { principal: principalOf(web, person) }),
  });
}

/** The mark of an earlier sign-in of this person from this browser: it opens nothing, but their tries are counted apart from strangers'. */
export async function knownDevice(web: WebRequest, control: Control, person: string | undefined): Promise<string | undefined> {
  const value = readCookie(web, DEVICE);
  if (value === undefined || person === undefined) return undefined;
  const key = deviceKey(value, person);
  return await control.state.get(key) === undefined ? undefined : key;
}

async function markDevice(web: WebRequest, control: Control, person: string): Promise<string> {
  const value = readCookie(web, DEVICE) ?? randomBytes(32).toString('base64url');
  await control.state.set(deviceKey(value, person), '1', DEVICE_MS);
  return writeCookie(web, DEVICE, value, DEVICE_MS);
}

function deviceKey(value: string, person: string): string {
  return `device/${createHash('sha256').update(`${person}\n${value}`).digest('base64url')}`;
}
