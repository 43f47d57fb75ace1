import { createHash } from 'node:crypto';

/**
 * The one form in which a destination is trusted: exactly what it names, and nothing that only looks like it. What has no
 * such form (userinfo in a URL, mixed scripts, what hides in a text) is trusted by nobody.
 */
export interface Destination {
  readonly kind: 'mail' | 'url' | 'path' | 'account' | 'other';
  readonly form: string;
  /** URLs: the host; mail: the domain. */
  readonly host?: string;
}

const MAIL = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const SCHEME = /^[a-z][a-z0-9+.-]{1,31}:\/\//i;
const IBAN = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;
/** With its country, so that it is the same number for everybody. */
const PHONE = /^\+\d(?:[ \-/.()]{0,2}\d){6,14}$/;
const PATH = /^(?:~?\/|\.{1,2}\/|[a-z]:[\\/])/i;

export function isMail(text: string): boolean {
  return MAIL.test(text.toLowerCase());
}

export function isUrl(text: string): boolean {
  return SCHEME.test(text);
}

export function isPath(text: string): boolean {
  return PATH.test(text);
}

export function isIban(text: string): boolean {
  return IBAN.test(text.replaceAll(' ', ''));
}

/** Undefined: it names nothing that could be trusted. */
export function strictOf(value: string): Destination | undefined {
  const text = value.trim();
  if (text === '' || text.length > 2_048 || !isPlain(text)) return undefined;
  if (isUrl(text)) return urlOf(text);
  const small = text.toLowerCase();
  // Some mail servers send on to the host that stands before the `@`.
  if (MAIL.test(small)) return /[%!]/.test(small) ? undefined : { kind: 'mail', form: small, host: small.slice(small.lastIndexOf('@') + 1) };
  if (text.includes('@') && text.includes('.')) return undefined;
  if (isIban(text)) return { kind: 'account', form: text.replaceAll(' ', '') };
  if (PHONE.test(text)) return { kind: 'account', form: `+${text.replace(/\D/g, '')}` };
  if (isPath(text)) return { kind: 'path', form: cleanPath(text) };
  return { kind: 'other', form: text.normalize('NFC') };
}

function urlOf(text: string): Destination | undefined {
  // Programs differ in where the host of such a one ends.
  if (/[\s\\]|[,;]+[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.host === '') return url.protocol === 'file:' ? fileOf(url) : undefined;
  url.hash = '';
  return { kind: 'url', form: url.href, host: url.hostname };
}

function fileOf({ host, pathname, username }: URL): Destination | undefined {
  if (host !== '' || username !== '') return undefined;
  try {
    return { kind: 'path', form: cleanPath(decodeURIComponent(pathname)) };
  } catch {
    return undefined;
  }
}

/** Steps up and down taken; what climbs above where it began keeps its dots, and is below nothing. */
export function cleanPath(path: string): string {
  const isAbsolute = path.startsWith('/');
  const steps: string[] = [];
  for (const step of path.replaceAll('\\', '/').split('/')) {
    if (step === '' || step === '.') continue;
    if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop();
    else if (step !== '..' || !isAbsolute) steps.push(step);
  }
  return `${isAbsolute ? '/' : ''}${steps.join('/')}`;
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Variation_Selector}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]/u;
const LATIN = /\p{Script=Latin}/u;
const OTHER_LETTER = /[\p{L}--[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]]/v;

/** Whether a text hides nothing: no invisible characters, no compatibility forms, not Latin and another script in one word. */
function isPlain(text: string): boolean {
  if (/^[\x20-\x7e]*$/.test(text)) return true;
  if (INVISIBLE.test(text) || text.normalize('NFKC') !== text.normalize('NFC')) return false;
  return text.split(/[\s@./:]+/).every((word) => !(LATIN.test(word) && OTHER_LETTER.test(word)));
}

/** What is kept of a strict form: 72 bits of a keyed digest (SHA-256), as base64url. */
export function digestOf(key: string, form: string): string {
  return createHash('sha256').update(key).update('\0').update(form).digest('base64url').slice(0, 12);
}
