import { LENGTHS, LEVELS, SCALES, lengthBucket } from '../model.ts';
import type { Head, HeadModel, Scale } from '../model.ts';
import { scan } from '../scan.ts';
import { stratumOf } from './rows.ts';
import type { TrainingRow } from './rows.ts';

/** Files that instruct agents, which are no attack and read like one: few of all that tools answer, though each is an example. */
const INSTRUCTIONS = 'hardneg-agent-instructions tool_output';
const LITTLE_SAY = 0.25;
/** Documents of this length are made of shorter ones, so that long results are compared with long ones. */
const LONG_CHARS = 16_384;
/** A kind of text with fewer examples has less say. */
const FULL_SAY = 30;
/** Fewer examples than this say nothing of one text in a hundred: such a length is judged by the next shorter one. */
const EXAMPLES_MIN = 60;
/** Between one in 20 and one in 200 the tail is seen, beyond it is drawn: so many times as far in the logarithm, by level. */
const DRAWN: Readonly<Record<number, number>> = { 0.002: 1.398, 0.001: 1.699 };

type Thresholds = HeadModel['thresholds'];

interface Scored {
  readonly stratum: string;
  readonly score: number;
}

/** What benign texts that nothing was learnt from score: which score is how rare, by scale and length. */
export function calibrate(head: Head, model: HeadModel, vocabulary: Uint8Array, benign: readonly TrainingRow[]): Thresholds {
  const scored: Record<Scale, Scored[][]> = { near: [[], ...LENGTHS.map(() => [])], wide: [[], ...LENGTHS.map(() => [])] };
  for (const { text, stratum } of documentsOf(benign)) {
    const worst = scan(text, model, vocabulary);
    const bucket = lengthBucket(text.length);
    for (const scale of SCALES) {
      const score = worst[scale]?.score;
      if (score !== undefined) scored[scale][bucket]?.push({ stratum, score });
    }
  }
  const wide = thresholdsOf(scored.wide);
  // A definition is a few sentences, and a short argument too: what a hundred words of them amount to says more of whose they are
  // than of what they want, and differs from source to source more than from attack to benign text.
  if (head === 'definitions') return { near: thresholdsOf(scored.near), wide: [] };
  return { near: thresholdsOf(scored.near), wide: head === 'arguments' ? [NEVER, ...wide.slice(1)] : wide };
}

/** Where nothing was seen nothing is rare. */
const NEVER: readonly number[] = LEVELS.map(() => 1e6);

/** By length bucket, then level. Longer texts have more windows: their thresholds are never lower. */
function thresholdsOf(buckets: readonly (readonly Scored[])[]): readonly (readonly number[])[] {
  const known = buckets.map((scored) => (scored.length < EXAMPLES_MIN ? undefined : levelsOf(scored)));
  const first = known.find((levels) => levels !== undefined) ?? (buckets.flat().length === 0 ? NEVER : levelsOf(buckets.flat()));
  const thresholds: (readonly number[])[] = [];
  for (const levels of known) {
    const before = thresholds.at(-1) ?? levels ?? first;
    thresholds.push(before.map((threshold, level) => round(Math.max(threshold, levels?.[level] ?? threshold))));
  }
  return thresholds;
}

function levelsOf(scored: readonly Scored[]): readonly number[] {
  const sizes = new Map<string, number>();
  for (const { stratum } of scored) sizes.set(stratum, (sizes.get(stratum) ?? 0) + 1);
  const say = ({ stratum }: Scored): number => {
    const size = sizes.get(stratum) ?? 1;
    return ((stratum === INSTRUCTIONS ? LITTLE_SAY : 1) * Math.min(1, size / FULL_SAY)) / size;
  };
  const sorted = scored.toSorted((one, other) => other.score - one.score);
  const total = sorted.reduce((sum, one) => sum + say(one), 0);
  const quantile = (share: number): number => {
    let passed = 0;
    for (const one of sorted) {
      passed += say(one);
      if (passed > share * total) return one.score;
    }
    return sorted.at(-1)?.score ?? 0;
  };
  const [common, rare] = [quantile(0.05), quantile(0.005)];
  return LEVELS.map((level) => Math.max(quantile(level), common + (rare - common) * (DRAWN[level] ?? 0)));
}

function documentsOf(rows: readonly TrainingRow[]): readonly { readonly text: string; readonly stratum: string }[] {
  const alone = rows.map((row) => ({ text: row.text, stratum: stratumOf(row) }));
  const long: { readonly text: string; readonly stratum: string }[] = [];
  const pending = new Map<string, string>();
  for (const { text, stratum } of alone) {
    const joined = `${pending.get(stratum) ?? ''}\n${text}`;
    if (joined.length >= LONG_CHARS) long.push({ text: joined, stratum });
    pending.set(stratum, joined.length >= LONG_CHARS ? '' : joined);
  }
  return [...alone, ...long];
}

function round(score: number): number {
  return Math.round(score * 10_000) / 10_000;
}
