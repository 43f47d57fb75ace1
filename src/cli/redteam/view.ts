import { OUTCOMES, type RunReport, type ScenarioResult } from '../../redteam/outcome.ts';
import { plain, table, time } from '../terminal.ts';

/** A run for people: what is red first, then everything in one line each. */
export function describeRun({ results, techniques, differences, isolated, leftOut, seed, source, startedAt, before, without }: RunReport): string {
  const red = results.filter((result) => result.red !== undefined);
  const counts = OUTCOMES.map((outcome) => `${results.filter((result) => result.outcome === outcome).length} ${outcome}`).join(', ');
  const worse = differences.filter(({ regressed }) => regressed);
  return [
    table(['scenario', 'outcome', 'by', 'techniques'], results.map(rowOf)),
    red.length === 0 ? '' : `\nRed\n${table(['scenario', 'why', 'what happened'], red.map(({ id, red: why, harm }) =>
      [id, why, harm.map(({ what, evidence }) => `${what}: ${evidence}`).join('\n')]))}`,
    differences.length === 0 ? '' : `\nOtherwise than in the run before\n${table(['scenario', 'was', 'is', 'no longer acted', ''], differences.map((one) =>
      [one.scenario, one.was, one.is, one.lost.join(', '), one.regressed ? 'WORSE' : '']))}`,
    isolated ? '' : '\nThis machine could not give the range a network of its own: only its configuration kept it in.\n',
    leftOut.length === 0 ? '' : `\nLeft out of the configuration: ${plain(leftOut.join(', '))}.\n`,
    `\n${results.length} scenarios, ${techniques.length} techniques against the ${SOURCES[source]}${
      without === undefined ? '' : ` without ${plain(without)}`} (${time(startedAt)}, seed ${plain(seed)}): ${counts}; ${
      red.length} red, ${before === undefined ? 'nothing to compare with' : `${worse.length} worse than before`}.\n`,
  ].join('');
}

const SOURCES: Readonly<Record<RunReport['source'], string>> = {
  shipped: 'shipped configuration', live: 'configuration in force', file: 'configuration of a file',
};

function outcomeOf({ outcome, claim, red }: ScenarioResult): string {
  if (red !== undefined) return `${outcome} (RED)`;
  return outcome === claim ? outcome : `${outcome} (claimed ${claim})`;
}

function rowOf(result: ScenarioResult): readonly string[] {
  return [result.id, outcomeOf(result), result.acted.map(({ control }) => control).join(', '), result.techniques.join(' ')];
}
