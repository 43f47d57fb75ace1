import type { JsonObject } from '../../domain/json.ts';
import { isAnswer, scoreLive } from '../../exercise/score.ts';
import type { InjectTimes, Score } from '../../exercise/score.ts';
import type { Inject, Pack } from '../../exercise/pack.ts';
import { play } from '../../redteam/play.ts';
import type { Stage } from '../../redteam/stage.ts';
import type { RangeConfiguration } from '../range/configuration.ts';
import { openRange } from '../range/range.ts';
import type { Range } from '../range/range.ts';
import { stageOn } from '../range/stage.ts';
import { markOf, scenarioOf } from './scenario.ts';

export interface DrillOptions {
  readonly pack: Pack;
  /** What it is played against; absent: what ships. */
  readonly configuration?: RangeConfiguration;
  /** How long a minute of the pack lasts. */
  readonly minuteMs: number;
  readonly signal: AbortSignal;
  /** The gate is open, and nothing has happened yet. */
  onOpen?(range: Range): void;
  /** An inject has come, and what it plays has been played. What it returns is waited for: in tests, people's acts. */
  onInject?(inject: Inject, range: Range): Promise<void> | void;
}

export interface Drilled {
  readonly score: Score;
  readonly times: InjectTimes;
  /** When the time of each inject was over. */
  readonly ends: InjectTimes;
  readonly startedAt: number;
  readonly endedAt: number;
  /** What must not have happened and did, in words. */
  readonly harm: readonly string[];
  /** All that the gate wrote down. */
  readonly records: readonly JsonObject[];
  readonly isolated: boolean;
}

/** How often it is looked whether people have done what is expected. */
const LOOK_MS = 250;

/**
 * Plays an exercise live: its injects are real events at a gate of its own, one after the other at their times. The next one
 * comes early when everything that can be seen of the one before was done. Throws `ERR_RANGE_*`, `ERR_CONFIG_*`, the signal's reason.
 */
export async function runDrill(options: DrillOptions): Promise<Drilled> {
  const { pack, configuration, minuteMs, signal } = options;
  const scenario = scenarioOf(pack);
  const range = await openRange({ signal, ...(configuration === undefined ? {} : { configuration }) });
  try {
    options.onOpen?.(range);
    const [times, ends]: [Record<string, number>, Record<string, number>] = [{}, {}];
    const startedAt = Date.now();
    const passed = async (inject: Inject): Promise<void> => {
      times[inject.id] = Date.now();
      await options.onInject?.(inject, range);
      await windowOf(range, { inject, since: times[inject.id] ?? 0, minuteMs, signal });
      ends[inject.id] = Date.now();
    };
    const { harm } = await play(scenario, pausing(stageOn(range), pack, passed), { seed: pack.id, run: '1', signal });
    const records = await range.records();
    return {
      times, ends, startedAt, endedAt: Date.now(), records, isolated: range.isolated, score: scoreLive(pack, times, records, minuteMs),
      harm: harm.map(({ evidence }) => evidence),
    };
  } finally {
    await range.stop();
  }
}

/** Where the scenario comes to the mark of an inject, people have their time. */
function pausing(stage: Stage, { injects }: Pack, passed: (inject: Inject) => Promise<void>): Stage {
  return {
    ...stage,
    async administer(method, path, body) {
      const inject = injects.find(({ id }) => markOf(id) === path);
      if (inject === undefined) return stage.administer(method, path, body);
      await passed(inject);
      return { status: 200, body: {} };
    },
  };
}

/** Until everything that can be seen was done, or the longest of its times is over. */
async function windowOf(range: Range, { inject, since, minuteMs, signal }: Waited): Promise<void> {
  const wanted = inject.expected.filter(({ any }) => any !== undefined);
  const longestMs = Math.max(0, ...wanted.map(({ within }) => within * minuteMs));
  while (Date.now() - since < longestMs) {
    const records = await range.records();
    if (wanted.every((one) => records.some((record) => isAnswer(one, record)))) return;
    signal.throwIfAborted();
    await Bun.sleep(Math.min(LOOK_MS, Math.max(0, longestMs - (Date.now() - since))));
  }
}

interface Waited {
  readonly inject: Inject;
  readonly since: number;
  readonly minuteMs: number;
  readonly signal: AbortSignal;
}
