import type { Json } from '../domain/json.ts';

/**
 * Text without what counts as formatting: Unicode NFC, one space for each run of space, tab, CR and LF, no such run at the
 * ends, lower case. Only these four are space: a zero-width or other invisible character is content, and so is a changed one.
 */
export function normaliseText(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '');
}

/** Letters and digits that look alike in common fonts fold to one; for comparing names, never for identity. */
export function confusableForm(name: string): string {
  const folded = name
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}_.\-/:\s]/gu, '')
    .toLowerCase();
  return Array.from(folded, (character) => LOOKALIKES.get(character) ?? character).join('').replaceAll('rn', 'm').replaceAll('vv', 'w');
}

const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    0: 'o', 1: 'l', 3: 'e', 5: 's', $: 's', '|': 'l', i: 'l', ı: 'l', ɡ: 'g',
    а: 'a', в: 'b', е: 'e', к: 'k', м: 'm', н: 'h', о: 'o', р: 'p', с: 'c', т: 't', у: 'y', х: 'x',
    і: 'l', ј: 'j', ѕ: 's', һ: 'h', ԁ: 'd', ӏ: 'l', ո: 'n',
    α: 'a', ι: 'l', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u',
  }),
);

/** How alike two texts are, 0 to 1: shared word pairs (Dice) of the first 400 words of each. */
export function similarityOf(a: string, b: string): number {
  const left = wordPairs(a);
  const right = wordPairs(b);
  if (left.size === 0 || right.size === 0) return 0;
  let shared = 0;
  for (const pair of left) if (right.has(pair)) shared += 1;
  return (2 * shared) / (left.size + right.size);
}

function wordPairs(text: string): ReadonlySet<string> {
  const words = (normaliseText(text).match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 400);
  return new Set(words.length === 1 ? words : words.slice(1).map((word, index) => `${words[index]} ${word}`));
}

/** The string at a key of a definition, or '' when there is none. */
export function textAt(definition: Readonly<Record<string, Json>>, key: string): string {
  const value = definition[key];
  return typeof value === 'string' ? value : '';
}
