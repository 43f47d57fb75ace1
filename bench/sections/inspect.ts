import { HARD_TEXTS } from '../../test/fixtures/hard-texts.ts';
import type { Subject } from '../../src/domain/detector.ts';
import { createInspector } from '../../src/detect/inspect.ts';
import { DETECTORS } from '../../src/detect/table.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';
import { KINDS } from '../inspected.ts';

const SIZES = [{ chars: 2_048, asked: 1 }, { chars: 10_240, asked: 5 }, { chars: 65_536, asked: 25 }] as const;
const EACH = 60;
const ROUNDS = 3;
const HARD_CHARS = 32_768;
const inspect = createInspector(DETECTORS);

/** CPU of all default detectors on a result: by size, by kind, and on texts that are made to cost. Whatever else the process does counts, too. */
export async function measureInspect(): Promise<Figure[]> {
  for (let seed = 0; seed < 500; seed += 1) for (const { text } of KINDS) cpuMs(text(2_048, seed));
  const perChar: number[] = [];
  const figures = SIZES.flatMap(({ chars, asked }): readonly Figure[] => {
    const byKind = KINDS.map(({ name, text }) => ({ name, times: Array.from({ length: EACH }, (_, seed) => cpuMs(text(chars, seed))) }));
    perChar.push((median(byKind.flatMap(({ times }) => times)) / chars) * 1e6);
    const p95 = percentile(byKind.flatMap(({ times }) => times), 0.95);
    const size = `${chars / 1024} KB`;
    return [
      { section: 'inspection', name: `CPU of a result of ${size}, p95`, value: p95, unit: 'ms', target: `≤ ${asked} ms`, met: p95 <= asked },
      ...byKind.map(({ name, times }) => ({ section: 'inspection', name: `${size} of ${name}, median`, value: median(times), unit: 'ms' })),
    ];
  });
  const growth = (perChar.at(-1) ?? 0) / (perChar.at(1) ?? 1);
  const common = median(KINDS.map(({ text }) => perKiB((seed) => text(HARD_CHARS, seed))));
  const hard = HARD_TEXTS.map(({ name, text }) => ({ name, cost: perKiB(() => text(HARD_CHARS)) })).toSorted((a, b) => b.cost - a.cost);
  const [worst] = hard;
  const ratio = (worst?.cost ?? 0) / common;
  return [
    ...figures,
    { section: 'inspection', name: 'CPU a character at 64 KB of that at 10 KB', value: growth, unit: '×', target: '≤ 1.5 ×', met: growth <= 1.5 },
    {
      section: 'inspection', name: `worst of ${hard.length} hard texts (${worst?.name ?? ''}) of the median of common ones, a byte`, value: ratio, unit: '×',
      target: '≤ 2 ×', met: ratio <= 2,
    },
    { section: 'inspection', name: 'hard texts above twice that median', value: hard.filter(({ cost }) => cost > common * 2).length, unit: 'of them' },
  ];
}

/** Of the least disturbed of some rounds, µs a KiB of UTF-8: what is sent is counted in bytes. */
function perKiB(text: (seed: number) => string): number {
  const texts = Array.from({ length: 6 }, (_, seed) => text(seed));
  const bytes = texts.reduce((sum, one) => sum + Buffer.byteLength(one), 0);
  const rounds = Array.from({ length: ROUNDS }, () => texts.reduce((sum, one) => sum + cpuMs(one), 0));
  return (Math.min(...rounds) / bytes) * 1024 * 1000;
}

function cpuMs(text: string): number {
  const subject: Subject = { facet: 'result', json: { content: [{ type: 'text', text }] }, at: '/result', server: 'bench', name: 'search' };
  const before = process.cpuUsage();
  const { incomplete } = inspect(subject);
  const { user, system } = process.cpuUsage(before);
  if (incomplete?.rule === 'detector-failed') throw new Error(`a detector failed: ${incomplete.seen ?? ''}`);
  return (user + system) / 1000;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}
