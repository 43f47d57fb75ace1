import type { Detector, Facet, Sight, View } from '../domain/detector.ts';
import type { Finding } from '../domain/finding.ts';
import { LIMITS } from '../domain/limits.ts';
import { freshViews } from './fresh.ts';
import type { DetectorInfo } from './rules.ts';
import { LEVELS, SCALES, lengthBucket } from './text-model/model.ts';
import type { Head, Scale, TextModel } from './text-model/model.ts';
import { scan } from './text-model/scan.ts';
import type { Worst } from './text-model/scan.ts';

const INJECTION = ['MCP06', 'MCP10', 'ASI01', 'AML.T0051.001', 'SAFE-T1102', 'MCP-T4'] as const;
const POISON = ['MCP03', 'ASI01', 'AML.T0110', 'SAFE-T1001', 'MCP-T4'] as const;

export const info = {
  facets: ['definition', 'instructions', 'argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'],
  rules: {
    injection: { severity: 'medium', what: 'It reads like texts that give orders to a model. A score, not a proof.', catalogues: INJECTION },
    'poisoned-definition': { severity: 'medium', what: 'It reads like definitions that give orders to a model. A score, not a proof.', catalogues: POISON },
    unread: { severity: 'low', what: 'There is more text than the model ever reads.', catalogues: ['MCP10', 'MCP-T10'] },
  },
} as const satisfies DetectorInfo<'text-model'>;

/** Which weights read what: what a server says of itself, what it answers, what agents and people write. */
const HEAD_OF: Readonly<Record<Facet, Head>> = {
  definition: 'definitions', instructions: 'definitions', argument: 'arguments', prompt: 'arguments',
  result: 'results', error: 'results', resource: 'results', question: 'results', notice: 'results', interface: 'results',
};
/**
 * From which of LEVELS on a score is told, as `low`. Definitions are few, and a person reads
 * what is told of them, so that of them only the rarest is.
 */
const TOLD: Readonly<Record<Head, number>> = { results: LEVELS.indexOf(0.002), arguments: LEVELS.indexOf(0.002), definitions: LEVELS.indexOf(0.001) };
/** What is rarer still is told as `medium`: the one operating point that figures are given for. Never more: a score decides nothing. */
const MARKED = LEVELS.indexOf(0.001);

interface Suspect {
  readonly view: View;
  readonly scale: Scale;
  readonly worst: Worst;
  readonly thresholds: readonly number[];
}

/** Reads what is said with a model of hashed n-grams (docs/model-card.md). Reports how rare a score is among benign texts of that kind and length. */
export function createTextModel(model: TextModel): Detector {
  return { id: 'text-model', facets: info.facets, detect: (sight) => read(sight, model) };
}

/**
 * How far the worst of a sight is above the score at which it is told, negative below; undefined where nothing is covered. For
 * measurements that move the operating point.
 */
export function excessOf(sight: Sight, model: TextModel): number | undefined {
  let most: number | undefined;
  const told = TOLD[HEAD_OF[sight.subject.facet]];
  eachWorst(sight, model, ({ worst, thresholds }) => {
    most = Math.max(most ?? Number.NEGATIVE_INFINITY, worst.score - (thresholds[told] ?? 0));
  });
  return most;
}

function read(sight: Sight, model: TextModel): readonly Finding[] {
  const suspects: Suspect[] = [];
  const head = HEAD_OF[sight.subject.facet];
  const whole = eachWorst(sight, model, (suspect) => {
    if (suspect.worst.score >= (suspect.thresholds[TOLD[head]] ?? 0)) suspects.push(suspect);
  });
  const findings = found(head, suspects);
  return whole ? findings : [...findings, unread(sight)];
}

/** The worst of each view at each scale; false when there is more text than is ever read. */
function eachWorst(sight: Sight, { heads, vocabulary }: TextModel, take: (suspect: Suspect) => void): boolean {
  const head = heads[HEAD_OF[sight.subject.facet]];
  const bucket = lengthBucket(sight.places.reduce((sum, { text }) => sum + text.length, 0));
  let chars = 0;
  for (const view of freshViews(sight)) {
    chars += view.text.length;
    if (chars > LIMITS.textModelCharsMax) return false;
    const worsts = scan(view.text, head, vocabulary);
    for (const scale of SCALES) {
      const [worst, thresholds] = [worsts[scale], head.thresholds[scale][bucket]];
      if (worst !== undefined && thresholds !== undefined) take({ view, scale, worst, thresholds });
    }
  }
  return true;
}

/** One finding for all of it: the rarest says how rare, every one says where. */
function found(head: Head, suspects: readonly Suspect[]): readonly Finding[] {
  const rarest = suspects.toSorted((one, other) => excess(other) - excess(one))[0];
  if (rarest === undefined) return [];
  const level = rarest.worst.score >= (rarest.thresholds[MARKED] ?? 0) ? MARKED : TOLD[head];
  const places = suspects.flatMap(({ view, worst }) => view.spansOf(worst.start, worst.end));
  const spans = [...new Map(places.map((span) => [`${span.at} ${span.start} ${span.end}`, span])).values()];
  return [{
    detector: 'text-model', rule: head === 'definitions' ? 'poisoned-definition' : 'injection', severity: level === MARKED ? 'medium' : 'low',
    at: [...new Set(spans.map(({ at }) => at))], spans, labels: { integrity: 'untrusted' },
    expected: `${rarest.scale} score below ${(rarest.thresholds[level] ?? 0).toFixed(2)}`, seen: rarest.worst.score.toFixed(2), rarity: LEVELS[level] ?? 1,
  }];
}

function excess({ worst, thresholds }: Suspect): number {
  return worst.score - (thresholds[MARKED] ?? 0);
}

function unread({ subject }: Sight): Finding {
  return { detector: 'text-model', rule: 'unread', severity: 'low', at: [subject.at] };
}
