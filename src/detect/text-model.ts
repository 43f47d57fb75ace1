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
/** The one operating point, as an index of LEVELS: what is as rare as that is told, as `low`; */
const TOLD = LEVELS.indexOf(0.002);
/** what is rarer still, as `medium`. Never more: a score decides nothing. */
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

function read(sight: Sight, { heads, vocabulary }: TextModel): readonly Finding[] {
  const name = HEAD_OF[sight.subject.facet];
  const head = heads[name];
  const bucket = lengthBucket(sight.places.reduce((sum, { text }) => sum + text.length, 0));
  const suspects: Suspect[] = [];
  let chars = 0;
  for (const view of freshViews(sight)) {
    chars += view.text.length;
    if (chars > LIMITS.textModelCharsMax) return [...told(name, suspects), unread(sight)];
    const found = scan(view.text, head, vocabulary);
    for (const scale of SCALES) {
      const [worst, thresholds] = [found[scale], head.thresholds[scale][bucket]];
      if (worst === undefined || thresholds === undefined || worst.score < (thresholds[TOLD] ?? 0)) continue;
      suspects.push({ view, scale, worst, thresholds });
    }
  }
  return told(name, suspects);
}

/** One finding for all of it: the rarest says how rare, every one says where. */
function told(head: Head, suspects: readonly Suspect[]): readonly Finding[] {
  const rarest = suspects.toSorted((one, other) => excess(other) - excess(one))[0];
  if (rarest === undefined) return [];
  const level = rarest.worst.score >= (rarest.thresholds[MARKED] ?? 0) ? MARKED : TOLD;
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
