import { LIMITS } from '../../domain/limits.ts';
import { differencesBetween } from '../../redteam/compare.ts';
import { byTechnique } from '../../redteam/judge.ts';
import { OUTCOMES, type Difference, type RunReport } from '../../redteam/outcome.ts';
import type { Rows } from '../../store/store.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { listStored, putStored } from '../stored.ts';
import type { RunRequest } from './schema.ts';

/** Runs of a space, the newest first. */
export async function listRuns(rows: Rows, space: string): Promise<readonly (RunReport & { readonly by: string })[]> {
  const runs = (await listStored(rows, 'redteam-run', space)).map(({ body }) => body);
  return runs.toSorted((one, other) => other.startedAt - one.startedAt || (one.id < other.id ? 1 : -1));
}

/**
 * Keeps a run, compares it with the one before of its kind (the same source and agent), and puts on record that it was, and as
 * a finding what got worse.
 */
export async function keepRun(control: Control, by: By, run: RunRequest): Promise<RunReport> {
  const { admin, space } = by;
  const id = Bun.randomUUIDv7();
  const kept = await control.store.transaction(async (rows) => {
    const earlier = await listRuns(rows, space);
    const before = earlier.find(({ source, agent, without }) => source === run.source && agent === run.agent && without === run.without);
    const differences = before === undefined ? [] : differencesBetween(before, run.results);
    const report = { ...run, id, techniques: byTechnique(run.results), differences, ...(before === undefined ? {} : { before: before.id }) };
    await putStored(rows, 'redteam-run', space, id, { ...report, by: admin.id }, admin.id);
    for (const old of earlier.slice(LIMITS.redteamRunsKeptMax - 1)) await rows.delete('redteam-run', space, old.id, { by: admin.id });
    return report;
  });
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, run.results.filter((result) => result.outcome === outcome).length]));
  const red = run.results.filter((result) => result.red !== undefined).length;
  await control.record({
    event: 'redteam.ran', space, ...whoOf(admin),
    detail: { run: id, source: run.source, configuration: run.configuration, isolated: run.isolated, agent: run.agent, seed: run.seed, red, ...counts },
  });
  const worse = kept.differences.filter(({ regressed }) => regressed);
  for (const difference of worse) {
    await control.record({ event: 'finding.raised', space, findings: [findingOf(difference)], detail: { run: id, scenario: difference.scenario } });
  }
  if (worse.length > 0) {
    const text = `${worse.length} scenarios of the red team end worse than in the run before. See: sallyport redteam report ${id}`;
    void control.notify.tell({ topic: 'redteam', what: 'redteam.regressed', id, text, data: { space, run: id, worse: worse.length, red } });
  }
  return kept;
}

function findingOf({ was, is, lost }: Difference): NonNullable<Parameters<Control['record']>[0]['findings']>[number] {
  const seen = lost.length === 0 ? is : `${is}, without ${lost.join(', ')}`.slice(0, LIMITS.redteamReasonCharsMax);
  return { detector: 'redteam', rule: 'regressed', severity: 'high', at: [], expected: was, seen };
}
