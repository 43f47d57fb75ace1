import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { View } from '../../domain/detector.ts';
import { contextOf } from '../digits.ts';

export type Part = readonly [start: number, end: number];

const LOCAL_CHARS_MAX = 64;
const LOCAL = /[\w.+%'-]/;
const DOMAIN = /@(?:[a-z0-9-]{1,63}\.){1,6}([a-z]{2,24})(?![\w-])/iy;
/** Reserved for documentation (RFC 2606), robots, and names of versions and images that only look like addresses. */
const NOBODY = /^(?:git|no-?reply|noreply|do-?not-?reply|user|username|you|your|name|email|me|test|foo|info|support|hello|admin|someone)@|@(?:[\w-]+\.)*(?:example|test|invalid|localhost)(?:\.\w+)?$/i;
const NOT_TOP = new Set(['png', 'jpg', 'jpeg', 'gif', 'svg', 'webp', 'js', 'ts', 'tsx', 'json', 'css', 'md', 'py', 'sh', 'html', 'service', 'local', 'x']);

/** E-mail addresses of somebody. Each `@` is looked at once, with a bounded part before and after. */
export function emailsIn({ text }: View): readonly Part[] {
  const found: Part[] = [];
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    DOMAIN.lastIndex = at;
    const domain = DOMAIN.exec(text);
    if (domain === null || NOT_TOP.has((domain[1] ?? '').toLowerCase())) continue;
    let start = at;
    while (start > Math.max(from, at - LOCAL_CHARS_MAX) && LOCAL.test(text.charAt(start - 1))) start -= 1;
    const end = at + domain[0].length;
    if (start === at || text.charAt(start - 1) === '/' || NOBODY.test(text.slice(start, end))) continue;
    found.push([start, end]);
    from = end;
  }
  return found;
}

const CALLED = /phone|mobile|\btel\b|\bcell\b|\bfax\b|whats?app|\bsms\b|telefon|tel[eé]fono|téléphone|手机|电话|телефон|call (?:me|us|him|her)/i;
const INTERNATIONAL = /\+[1-9](?:[ .()/-]{0,2}\d){6,14}(?!\d)/g;
const NATIONAL = /(?<![\w.+-])(?:\(\d{2,5}\)|\d{2,5})[ ./-]?\d{2,5}[ ./-]\d{2,6}(?:[ ./-]\d{2,6}){0,3}(?![\w-])/g;
/** The library takes 10 µs a number: a list of them is known by its first ones. */
const CHECKED_MAX = 48;

/** Telephone numbers: international by their form, national only where something says that it is one. */
export function phonesIn(view: View): readonly Part[] {
  const found: Part[] = [];
  let checked = 0;
  const add = (index: number, number: string, country?: 'US'): void => {
    const digits = number.replace(/\D/g, '').length;
    if (digits < 7 || digits > 15) return;
    checked += 1;
    if (checked > CHECKED_MAX || parsePhoneNumberFromString(number, country)?.isValid() === true) found.push([index, index + number.length]);
  };
  if (view.text.includes('+')) for (const match of view.text.matchAll(INTERNATIONAL)) add(match.index, match[0]);
  const known = found.length;
  let next = 0;
  for (const match of saysCall(view) ? view.text.matchAll(NATIONAL) : []) {
    // Both are in order: what is before this one is before all that follow.
    while (next < known && (found[next]?.[1] ?? 0) <= match.index) next += 1;
    const isKnown = next < known && (found[next]?.[0] ?? 0) < match.index + match[0].length;
    if (!isKnown && CALLED.test(contextOf(view, match.index))) add(match.index, match[0], 'US');
  }
  return found;
}

/** Whether anything in it, or its own name, speaks of telephones: most numbers need no closer look. */
function saysCall(view: View): boolean {
  return CALLED.test(view.text) || CALLED.test(contextOf(view, 0));
}
