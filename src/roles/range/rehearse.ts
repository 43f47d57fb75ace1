import type { Control } from '../../redteam/controls.ts';
import type { ScenarioResult } from '../../redteam/outcome.ts';
import { LIMITS } from '../../domain/limits.ts';
import { modelMind, type ModelEndpoint } from '../../redteam/agent/model.ts';
import { play } from '../../redteam/play.ts';
import { runScenarios } from '../../redteam/run.ts';
import type { Scenario } from '../../redteam/scenario.ts';
import type { RangeConfiguration } from './configuration.ts';
import { openRange } from './range.ts';
import { stageOn, stageWithout } from './stage.ts';

export interface RehearsalOptions {
  readonly scenarios: Iterable<Scenario>;
  /** What is rehearsed against; absent: what ships. */
  readonly configuration?: RangeConfiguration;
  /** A control that it is to do without. */
  readonly without?: Control;
  /** Runs of one seed are the same. */
  readonly seed: string;
  readonly signal: AbortSignal;
  /** A model in place of the agent that obeys whatever it reads. */
  readonly model?: ModelEndpoint;
  /** Told before each scenario. */
  onNext?(scenario: Scenario, done: number): void;
  /** Told after each. */
  onResult?(result: ScenarioResult): void;
}

export interface Rehearsed {
  readonly results: readonly ScenarioResult[];
  readonly isolated: boolean;
  readonly leftOut: readonly string[];
  /** SHA-256 of what the range was made of, in hex. */
  readonly configuration: string;
}

/** Plays scenarios in ranges of their own and judges them. Throws `ERR_RANGE_STOPPED`, `ERR_CONFIG_*`, and the signal's reason. */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsed> {
  const { scenarios, configuration, without, seed, signal, model } = options;
  const operator = without?.off.by === 'operator' ? 'blind' : 'careful';
  let about = { isolated: true, leftOut: [] as readonly string[], configuration: '' };
  let opened = 0;
  const results = await runScenarios({
    scenarios, signal, ...(model === undefined ? {} : { obeys: false, scenarioMs: LIMITS.redteamModelScenarioMs }),
    onNext: (scenario, done) => options.onNext?.(scenario, done),
    onResult: (result) => options.onResult?.(result),
    open: async () => {
      opened += 1;
      const range = await openRange({ signal, ...(configuration === undefined ? {} : { configuration }) });
      about = { isolated: about.isolated && range.isolated, leftOut: range.leftOut, configuration: range.digest };
      const stage = without === undefined ? stageOn(range) : stageWithout(range, without);
      return { stage, records: (from) => range.records(from), close: () => range.stop() };
    },
    play: (scenario, stage, either) => play(scenario, stage, {
      seed, run: String(opened), operator, signal: either, ...(model === undefined ? {} : { mind: modelMind(model) }),
    }),
  });
  return { ...about, results };
}
