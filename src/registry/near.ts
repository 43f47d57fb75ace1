import { confusableForm } from './text.ts';

/** Shorter names are one letter from too many others. */
const NEAR_CHARS_MIN = 7;

/** What is left of a name without each one of its letters, and the name itself: near names share one of them. */
export function nearForms(name: string): readonly string[] {
  const form = confusableForm(name).slice(0, FORM_CHARS_MAX);
  if (form.length < NEAR_CHARS_MIN) return [];
  return [...new Set([form, ...Array.from(form, (_, index) => form.slice(0, index) + form.slice(index + 1))])];
}

const FORM_CHARS_MAX = 64;

/**
 * Whether two names differ by one letter put in, left out or changed, or by two neighbours swapped. Names that differ in a
 * digit are a series, not an imitation.
 */
export function isNear(a: string, b: string): boolean {
  if (a.replaceAll(/\d+/g, '') === b.replaceAll(/\d+/g, '')) return false;
  const [left, right] = [confusableForm(a), confusableForm(b)];
  const start = commonStart(left, right);
  const [restLeft, restRight] = [left.slice(start), right.slice(start)];
  if (Math.abs(restLeft.length - restRight.length) > 1) return false;
  const swapped = `${restLeft[1] ?? ''}${restLeft[0] ?? ''}${restLeft.slice(2)}` === restRight;
  return swapped || restLeft.slice(1) === restRight || restLeft === restRight.slice(1) || restLeft.slice(1) === restRight.slice(1);
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

/** The words of a name, in order of the alphabet: `contactsSearch` and `search_contacts` have the same. */
export function wordSet(name: string): string {
  return (name.replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2').toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).toSorted().join(' ');
}
