/**
 * Measures an anomaly scorer on simulated months: `bun test/anomaly/evaluate.ts --scorer <module> [--half tuning|held-out] [--months n]
 * [--out <folder>]`. The module exports `createScorer(): Scorer`. Prints tables; with `--out` it writes figures.json and anomaly.svg there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { figuresOf, type Figures } from './evaluation/figures.ts';
import { duration, percent, plot } from './evaluation/plot.ts';
import { runMonth } from './evaluation/run.ts';
import type { Scorer } from './generator/event.ts';
import { HELD_OUT, TUNING } from './generator/seeds.ts';

function isModule(value: unknown): value is { createScorer: () => Scorer } {
  return typeof value === 'object' && value !== null && 'createScorer' in value && typeof value.createScorer === 'function';
}

function captionOf(figures: Figures, half: string): string {
  const { attacks, falsePerAgentMonth, falseInterval: [low, high], months } = figures;
  const events = (figures.events / 1e6).toFixed(1);
  return `${months.length} ${half} months of 200 agents, ${events} million events: ${attacks.found} of ${attacks.of} attacks, `
    + `${falsePerAgentMonth.toFixed(2)} false findings an agent-month (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function lines(figures: Figures): string[] {
  const { attacks, attacksInterval, falseInterval, kinds } = figures;
  const often = (share: number): number => kinds.filter(({ found, of }) => found > 0 && found >= share * of).length;
  return [
    `${figures.events} events, ${figures.agentMonths.toFixed(0)} agent-months, ${figures.usPerEvent.toFixed(2)} µs an event (wall)`,
    '',
    `false findings an agent-month   ${figures.falsePerAgentMonth.toFixed(3)}  (95 %: ${falseInterval.map((end) => end.toFixed(3)).join(' to ')})`,
    `  once a day, rule and agent    ${figures.falseAlarmsPerAgentMonth.toFixed(3)}; agents without any: ${percent(figures.agentsWithout)}`,
    `  besides attacks               ${figures.besidesAttacks.toFixed(3)}`,
    `  by age of the agent, a day    ${figures.falseByAge.map(({ untilDay, perAgentDay }) => `<${untilDay}d ${perAgentDay.toFixed(4)}`).join('  ')}`,
    ...Object.entries(figures.falseByRule).map(([rule, count]) => `  ${rule.padEnd(44)} ${count}`),
    '',
    `attacks found                   ${attacks.found} of ${attacks.of}  (95 %: ${attacksInterval.map(percent).join(' to ')})`,
    `  by week of the month          ${figures.attacksByWeek.map(({ found, of }) => `${found}/${of}`).join('  ')}`,
    `  kinds found: at all ${often(0)}, at least half the time ${often(0.5)}, nine times in ten ${often(0.9)} of ${kinds.length}`,
    `  ${'kind'.padEnd(16)}${'quiet'.padEnd(8)}${'plain'.padEnd(8)}${'loud'.padEnd(8)}${'all'.padEnd(8)}${'chance'.padEnd(8)}median delay, event`,
    ...kinds.map(({ kind, strengths: { quiet, plain, loud }, found, of, chance, medianDelayMs, medianEvent }) => {
      const cells = [quiet, plain, loud, { found, of }].map((share) => `${share.found}/${share.of}`.padEnd(8)).join('');
      return `  ${kind.padEnd(16)}${cells}${String(chance).padEnd(8)}${duration(medianDelayMs)}, ${medianEvent ?? '-'}`;
    }),
    ...Object.entries(figures.foundByRule).map(([rule, count]) => `  ${rule.padEnd(44)} ${count}`),
  ];
}

async function main(): Promise<void> {
  const options = {
    scorer: { type: 'string' }, half: { type: 'string', default: 'tuning' }, months: { type: 'string', default: '4' }, out: { type: 'string' },
  } as const;
  const { values } = parseArgs({ options });
  if (values.scorer === undefined || !['tuning', 'held-out'].includes(values.half)) throw new Error('--scorer <module>, and --half tuning or held-out');
  const loaded: unknown = await import(resolve(values.scorer));
  if (!isModule(loaded)) throw new Error(`${values.scorer} exports no createScorer`);
  const months = (values.half === 'tuning' ? TUNING : HELD_OUT).slice(0, Number(values.months));
  const runs = months.map((seed) => {
    const run = runMonth(seed, loaded.createScorer);
    console.log(`${seed.name} from ${seed.start}: ${run.events} events, ${run.clean.length} false findings, ${run.truths.length} attacks`);
    return run;
  });
  const figures = figuresOf(runs);
  console.log(lines(figures).join('\n'));
  if (values.out === undefined) return;
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
  writeFileSync(join(values.out, 'anomaly.svg'), plot(figures, captionOf(figures, values.half)));
}

await main();
