/* Texts as tools answer them, of any size; the same in every run. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Kind {
  readonly name: string;
  /** A text of about so many characters; `seed`: one of many. */
  readonly text: (chars: number, seed: number) => string;
}

const ROOT = join(import.meta.dir, '..');
const NAMES = ['Ada', 'Miguel', 'Yuki', 'Fatima', 'Lars', 'Chidi', 'Olga', 'Priya', 'Jean', 'Wei'];
const WORDS = 'the of and review account region renewal invoice open late customer found between north quarter team about order was with for this'.split(' ');
const HANZI = '的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从知使';

/** Made-up records, prose out of the documents of this repository, its code, a page, encodings, and writing of another script. */
export const KINDS: readonly Kind[] = [
  { name: 'JSON', text: (chars, seed) => `[${filled(chars, seed, record).join(',')}]` },
  { name: 'prose', text: (chars, seed) => slice(filesOf('docs', '.md'), chars, seed) },
  { name: 'code', text: (chars, seed) => slice(filesOf('src/gateway', '.ts'), chars, seed) },
  { name: 'HTML', text: (chars, seed) => `<html><head><title>Orders</title></head><body>${filled(chars, seed, row).join('\n')}</body></html>` },
  { name: 'log', text: (chars, seed) => filled(chars, seed, logged).join('\n') },
  { name: 'base64', text: (chars, seed) => random(seed, Math.ceil((chars * 3) / 4)).toString('base64') },
  { name: 'base64 of prose', text: (chars, seed) => Buffer.from(slice(filesOf('docs', '.md'), Math.ceil((chars * 3) / 4), seed)).toString('base64') },
  { name: 'CJK', text: (chars, seed) => filled(chars, seed, sentence).join('') },
];

type Next = (below: number) => number;

function random(seed: number, bytes: number): Buffer {
  const next = numbers(seed);
  return Buffer.from(Uint8Array.from({ length: bytes }, () => next(256)));
}

/** A linear congruential generator (Numerical Recipes): not random for anybody, the same for everybody. */
function numbers(seed: number): Next {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function filled(chars: number, seed: number, make: (next: Next) => string): readonly string[] {
  const next = numbers(seed);
  const parts: string[] = [];
  for (let length = 0; length < chars;) {
    const part = make(next);
    parts.push(part);
    length += part.length + 1;
  }
  return parts;
}

function pick(from: readonly string[], next: Next): string {
  return from[next(from.length)] ?? '';
}

function said(next: Next, words: number): string {
  return Array.from({ length: words }, () => pick(WORDS, next)).join(' ');
}

function record(next: Next): string {
  const id = next(1_000_000);
  return JSON.stringify({
    id: `ord_${id.toString(36)}`, customer: { name: `${pick(NAMES, next)} ${pick(NAMES, next)}son`, email: `u${id}@corp.example` },
    total: next(99_999) / 100, createdAt: dateOf(next), url: `https://shop.corp.example/orders/${id}?tab=items`, note: said(next, 12),
    paid: next(2) === 0, tags: [pick(WORDS, next), pick(WORDS, next)],
  });
}

function row(next: Next): string {
  const link = `<a href="/orders/${next(1e6)}" title="${said(next, 2)}">${next(1e6)}</a>`;
  return `<tr class="row"><td>${link}</td><td>${said(next, 9)} &amp; ${pick(NAMES, next)}</td></tr>`;
}

function logged(next: Next): string {
  const request = random(next(1e6), 8).toString('hex');
  return `${dateOf(next)} INFO [worker-${next(16)}] ${said(next, 7)} request=${request} took=${next(900)}ms from=10.2.${next(255)}.${next(255)}`;
}

function dateOf(next: Next): string {
  return new Date(1_700_000_000_000 + next(1e9) * 10).toISOString();
}

function sentence(next: Next): string {
  return `${Array.from({ length: 8 + next(20) }, () => HANZI.charAt(next(HANZI.length))).join('')}${pick(['，', '。', '；'], next)}`;
}

const READ = new Map<string, string>();

function filesOf(folder: string, ending: string): string {
  const known = READ.get(folder);
  if (known !== undefined) return known;
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(ending)).toSorted();
  const text = names.map((name) => readFileSync(join(ROOT, folder, name), 'utf8')).join('\n');
  READ.set(folder, text);
  return text;
}

function slice(text: string, chars: number, seed: number): string {
  const start = (seed * 7_919) % Math.max(1, text.length - chars);
  return text.slice(start, start + chars);
}
