import type { Detector, Sight } from '../domain/detector.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';
import type { Surroundings } from './surroundings.ts';

const CONSUMING = ['ASI08', 'AML.T0034.002', 'SAFE-T1106', 'MCP-T10'] as const;

export const info = {
  facets: ['argument', 'result', 'error', 'prompt', 'resource', 'notice'],
  rules: {
    size: { severity: 'medium', what: 'More text than anybody reads, and every word of it is paid for.', catalogues: CONSUMING },
    repetition: { severity: 'medium', what: 'A long text that says the same again and again.', catalogues: CONSUMING },
    dense: { severity: 'low', what: 'A long text without words, of which every few characters are paid for as one.', catalogues: CONSUMING },
    loop: { severity: 'high', what: 'A text that asks for the same call again, or for all further pages.', catalogues: [...CONSUMING, 'ASI01'] },
  },
} as const satisfies DetectorInfo<'cost'>;

/** Below, repetition costs nothing worth speaking of. */
const LONG_CHARS = 4_096;
const SHINGLE = 24;
/** Of sampled places, how many say what was said before. */
const REPEATED_SHARE = 0.85;
const SPACES_PER_CHAR_MIN = 1 / 200;
const LOOP =
  /(?<!\b(?:not|never|n['’]t|without|stop) )\b(?:(?:call|invoke|run|execute|use|repeat|retry) (?:this|the same|that) (?:tool|function|call|request)s? (?:again|repeatedly|until|in a loop|\d{2,} times|forever)|keep (?:calling|retrying|polling|invoking)|(?:call|fetch|request|retrieve) (?:all|every) (?:remaining|further|subsequent|next) pages?|repeat (?:this|these) (?:step|call|request)s? (?:until|forever|\d{2,} times|indefinitely)|(?:retry|try again) (?:immediately|indefinitely|forever))\b/gi;

/** What costs tokens rather than data: a result can be an attack by its length ("658 times the tokens"). */
export function createCost({ resultCharsMax }: Surroundings): Detector {
  return {
    id: 'cost',
    facets: info.facets,
    detect: ({ places, views, subject }: Sight) => {
      const report = createReport('cost', info);
      const chars = places.reduce((sum, { text }) => sum + text.length, 0);
      if (chars > resultCharsMax) report.note('size', subject.at, `${Math.ceil(chars / 1024)} KiB`);
      for (const { text, pointer } of places) {
        if (text.length < LONG_CHARS) continue;
        if (isRepetitive(text)) report.note('repetition', pointer);
        else if (isDense(text)) report.note('dense', pointer);
      }
      if (subject.facet !== 'argument') {
        for (const view of views) {
          if (view.via.length > 0) continue;
          for (const { 0: said, index } of view.text.matchAll(LOOP)) report.add('loop', view, index, index + said.length);
        }
      }
      return report.findings();
    },
  };
}

/** Whether the first few hundred runs of three words mostly say what was said before; digits apart, counters count too. */
function isRepetitive(text: string): boolean {
  const seen = new Set<string>();
  let [count, repeated] = [0, 0];
  let run: string[] = [];
  // Word by word: a pattern over three words at once would look at each character of a long word again and again.
  for (const { 0: word } of text.matchAll(/\S+/g)) {
    run.push(word.slice(0, SHINGLE).replace(/\d+/g, '0'));
    if (run.length < WORDS) continue;
    const shingle = run.join(' ');
    run = [];
    count += 1;
    if (seen.has(shingle)) repeated += 1;
    seen.add(shingle);
    if (count >= SAMPLED_MAX) break;
  }
  if (count < SAMPLED_MIN) return /^(.{1,64}?)\1{16}/s.test(text.slice(0, LONG_CHARS));
  return repeated >= count * REPEATED_SHARE;
}

const WORDS = 3;
const SAMPLED_MAX = 600;
const SAMPLED_MIN = 100;

function isDense(text: string): boolean {
  let spaces = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) <= 32) spaces += 1;
  return spaces < text.length * SPACES_PER_CHAR_MIN;
}
