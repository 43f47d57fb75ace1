import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { WebRequest } from '../web.ts';
import { readCookie, writeCookie } from './cookies.ts';

/** A browser as our forms know it: a cookie that no other site can read or plant, and what follows from it. */
export interface Browser {
  /** Names the browser in state of ours; the cookie cannot be found from it. */
  readonly id: string;
  /** What a form for a purpose carries: nobody without the cookie can tell it. */
  readonly token: (purpose: string) => string;
  /** `Set-Cookie` headers that the page must carry. */
  readonly cookies: readonly string[];
}

const COOKIE = 'browser';
const VALUE_BYTES = 32;

/** Knows the browser again, or marks it. */
export function knowBrowser(web: WebRequest): Browser {
  const known = findBrowser(web);
  if (known !== undefined) return known;
  const value = randomBytes(VALUE_BYTES).toString('base64url');
  return { ...browserOf(value), cookies: [writeCookie(web, COOKIE, value)] };
}

/** The browser that has our cookie already. */
export function findBrowser(web: WebRequest): Browser | undefined {
  const value = readCookie(web, COOKIE);
  return value !== undefined && /^[\w-]{43}$/.test(value) ? browserOf(value) : undefined;
}

/** Throws `ERR_FORM_FORGED` unless the form was made by us, for this browser and this purpose. */
export function checkForm(web: WebRequest, purpose: string, token: string): Browser {
  const browser = findBrowser(web);
  if (browser === undefined || !isSame(browser.token(purpose), token)) {
    throw new SallyportError('ERR_FORM_FORGED', 'This form is not one that this browser was given, or it is too old.', {
      remedy: 'Go back, load the page again, and allow its cookies.',
    });
  }
  return browser;
}

function browserOf(value: string): Browser {
  return { id: digest('id', value), token: (purpose) => digest(`form\n${purpose}`, value), cookies: [] };
}

function digest(purpose: string, value: string): string {
  return createHash('sha256').update(`${purpose}\n${value}`).digest('base64url');
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [expected, given].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
