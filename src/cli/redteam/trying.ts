import { createAttacker } from '../../redteam/adaptive/attacker.ts';
import type { ModelEndpoint } from '../../redteam/agent/model.ts';
import type { Control } from '../../redteam/controls.ts';
import type { Scenario } from '../../redteam/scenario.ts';
import type { RangeConfiguration } from '../../roles/range/configuration.ts';
import { rehearse, type Rehearsed } from '../../roles/range/rehearse.ts';
import { withProgress } from '../progress.ts';
import type { Call } from '../verbs.ts';

export interface Trying {
  readonly scenarios: readonly Scenario[];
  /** How often the attacker that searches tries after them. */
  readonly attempts: number;
  readonly seed: string;
  readonly configuration?: RangeConfiguration;
  /** Acts in place of the scripted agent. */
  readonly model?: ModelEndpoint;
  /** A control that is done without. */
  readonly without?: Control;
}

/** Plays the scenarios, and after them whatever the attacker that searches makes of its budget; each of its aims is one result. */
export async function tryAll({ io }: Call, { scenarios, attempts, seed, ...given }: Trying): Promise<Rehearsed> {
  const common = { seed, signal: io.signal, ...given };
  let now = 'the range starts';
  const played = await withProgress(io, () => now, () => rehearse({
    scenarios, ...common,
    onNext: ({ id }, at) => {
      now = `${at + 1} of ${scenarios.length}: ${id}`;
    },
  }));
  if (attempts === 0) return played;
  const attacker = createAttacker({ budget: attempts, seed });
  const searched = await withProgress(io, () => now, () => rehearse({
    scenarios: attacker.scenarios, ...common,
    onNext: ({ id }, at) => {
      now = `attempt ${at + 1} of ${attempts}: ${id}`;
    },
    onResult: (result) => attacker.told(result),
  }));
  return { ...played, isolated: played.isolated && searched.isolated, results: [...played.results, ...attacker.results()] };
}
