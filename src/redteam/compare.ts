import { WORTH } from './judge.ts';
import { SCRIPTED, type Difference, type Outcome, type RunReport, type ScenarioResult } from './outcome.ts';

/** What a run shows otherwise than the run before: outcomes that changed, and controls that acted then and not now. */
export function differencesBetween(before: Pick<RunReport, 'results' | 'agent'>, now: readonly ScenarioResult[]): readonly Difference[] {
  const ids = [...new Set([...before.results, ...now].map(({ id }) => id))].toSorted();
  return ids.flatMap((id): readonly Difference[] => {
    const [one, other] = [before.results.find((result) => result.id === id), now.find((result) => result.id === id)];
    const was: Outcome | 'absent' = one?.outcome ?? 'absent';
    const is: Outcome | 'absent' = other?.outcome ?? 'absent';
    const lost = other === undefined ? [] : controlsOf(one).filter((control) => !controlsOf(other).includes(control));
    if (was === is && lost.length === 0) return [];
    const isWorse = was !== 'absent' && is !== 'absent' && WORTH[is] < WORTH[was];
    const obeys = before.agent === SCRIPTED;
    const regressed = obeys ? isWorse || lost.some((control) => other?.silent.includes(control) === true) : isWorse && is !== 'void';
    return [{ scenario: id, was, is, lost, regressed }];
  });
}

function controlsOf(result: ScenarioResult | undefined): readonly string[] {
  return result?.acted.map(({ control }) => control) ?? [];
}
