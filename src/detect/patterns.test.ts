import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { analyse } from 'scslre';
import { HARD_TEXTS } from '../../test/fixtures/hard-texts.ts';
import type { Pattern } from '../../test/fixtures/patterns.ts';
import { literalsIn } from '../../test/fixtures/patterns.ts';
import { pumpsOf } from '../../test/fixtures/pumping.ts';
import type { Facet, Subject } from '../domain/detector.ts';
import { createInspector } from './inspect.ts';
import { DETECTORS } from './table.ts';

/*
 * Nothing that anybody sends may cost more than in proportion to its length. Three searches: the automaton of each pattern is looked
 * through for repetitions that can take the same characters in two ways, or begin anew at each of them; each pattern is run on texts
 * made of its own parts; and all detectors together on texts that each of them reads slowest.
 *
 * The last two measure growth, not time: the CPU that this process took (others' load does not count) for a text and for one eight
 * times as long, the least of several tries each. Linear work grows by eight, quadratic by sixty-four; between them there is room for
 * what collecting garbage adds, on both sides. What stays below a floor at the longer length is not judged: there is nothing in it to grow.
 */
const TIMES = 8;
const GROWTH_MAX = 26;
const TRIES = 10;

/** Patterns with such a repetition that are harmless, each for a reason that keeps. */
const HARMLESS: Readonly<Record<string, string>> = {
  '(\\s*\\n\\s*|': 'of shell words: spaces and digits that are no operator are taken at once by a later part, so that nothing begins inside them',
  '\\d.*[A-Za-z]|': 'run on the secrets of the vault, which their owners write',
  '^[("\'`<[]*[A-Za-z][A-Za-z0-9]*(?:': 'run on one word, of no more characters than a name has',
  '.+EXAMPLE$': 'run on one key of an exact length',
  '^\\{\\{[ \\t]*': 'run on one secret, of some hundred characters',
  '^\\$\\{\\{[ \\t]*': 'run on one secret, of some hundred characters',
  '(?:[aA][cC][cC][eE][sS][sS](?:': 'run on one assignment, of some hundred characters',
};
const CHARS = 1_536;
/** Rules of secrets are run on a few hundred characters around their keyword, from there on, and what they allow on what they found. */
const AROUND_KEYWORD = { file: 'src/detect/secrets/rules.ts', chars: 128 };

const program = Bun.spawnSync([process.execPath, join(import.meta.dir, '../../test/fixtures/patterns.ts')]);
const PATTERNS: readonly Pattern[] = program.stdout.toString().trim().split('\n').map((line): Pattern => JSON.parse(line));

test('every pattern of the detectors is among those that are searched', () => {
  expect(PATTERNS.length).toBeGreaterThan(500);
  const text = `const a = 'no /b/'; // nor /c/\nconst d = /e\\/[/]f/gi.test(\`\${g}/h/\`) ? i / j / k : [/l/];`;
  expect(literalsIn('x.ts', text).map(({ source, flags }) => `/${source}/${flags}`)).toEqual(['/e\\/[/]f/gi', '/l/']);
});

test('no pattern can take the same text in two ways without end', () => {
  const slow = PATTERNS.filter(({ source, flags }) => isSlow(source, flags) && reasonOf(source) === undefined);
  expect(slow.map(({ file, source }) => `${file}: ${source}`)).toEqual([]);
  for (const planted of [/^(a+)+$/, /\s+$/, /^\d+-?\d+$/]) expect(isSlow(planted.source, '')).toBe(true);
});

test('no pattern takes more than in proportion on texts made of its own parts', () => {
  const slow = PATTERNS.flatMap(({ file, source, flags }) => {
    if (reasonOf(source) !== undefined) return [];
    const chars = file === AROUND_KEYWORD.file ? AROUND_KEYWORD.chars : CHARS;
    const pattern = new RegExp(source, flags.includes('y') ? flags : `${flags.replace('g', '')}g`);
    const isSlowOn = (text: (size: number) => string): boolean => grows(text, (one) => one.replace(pattern, ''), chars, 4);
    return pumpsOf(source, flags).filter(({ text }) => isSlowOn(text)).map(({ name }) => `${file}: ${source}: ${name}`);
  });
  expect(slow).toEqual([]);
  // So far out of proportion that no noise of the clock hides it.
  expect(grows((size) => ' '.repeat(size) + '\u0001', (one) => /\s+\s+$/.test(one), CHARS / 16, 4)).toBe(true);
}, 60_000);

test.each(['result', 'argument', 'definition'] as const)('no detector takes more than in proportion on texts that are made to cost: %s', (facet) => {
  const inspect = createInspector(DETECTORS);
  const slow = HARD_TEXTS.filter(({ text }) => grows(text, (one) => inspect(subject(facet, one)), 4_608, 16));
  expect(slow.map(({ name }) => name)).toEqual([]);
}, 60_000);

function subject(facet: Facet, text: string): Subject {
  const json = facet === 'argument' ? { command: text, query: text.slice(0, 4_000), path: text.slice(0, 1_000) } : { name: 'search', description: text };
  return { facet, json, at: facet === 'argument' ? '/params/arguments' : '/result', server: 'crm', name: 'run_command' };
}

function isSlow(source: string, flags: string): boolean {
  return analyse({ source, flags: flags.replace('y', '') }, { maxReports: 1 }).reports.length > 0;
}

function reasonOf(source: string): string | undefined {
  return Object.entries(HARMLESS).find(([begin]) => source.startsWith(begin))?.[1];
}

/** Whether work on a text grows out of proportion: the least of the tries at each length, and again until one try says that it does not. */
function grows(text: (chars: number) => string, work: (text: string) => unknown, chars: number, floorMs: number): boolean {
  const [short, long] = [text(chars), text(chars * TIMES)];
  let [least, most] = [Infinity, Infinity];
  for (let tries = 0; tries < TRIES; tries += 1) {
    most = Math.min(most, cpuMs(() => work(long)));
    if (most < floorMs) return false;
    least = Math.min(least, cpuMs(() => work(short)));
    if (tries > 0 && most / Math.max(least, 0.05) <= GROWTH_MAX) return false;
  }
  return true;
}

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
