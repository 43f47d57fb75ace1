import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { judge } from './judge.ts';
import type { ScenarioResult } from './outcome.ts';
import type { Scenario } from './scenario.ts';
import type { Played, Stage } from './stage.ts';

/** One installation in which scenarios are played one after the other. */
export interface Rehearsal {
  readonly stage: Stage;
  /** What its log holds from this position on, oldest first. */
  records(from: number): Promise<readonly JsonObject[]>;
  /** Ends it at once, whatever goes on in it. */
  close(): Promise<void>;
}

export interface RunOptions {
  /** One after the other: what makes the next of what became of the last is told before it is asked. */
  readonly scenarios: Iterable<Scenario>;
  /** Opens a new one; the run closes each that it opens. */
  open(): Promise<Rehearsal>;
  play(scenario: Scenario, stage: Stage, signal: AbortSignal): Promise<Played>;
  /** Told before each scenario. */
  onNext?(scenario: Scenario, done: number): void;
  /** Told after each. */
  onResult?(result: ScenarioResult): void;
  readonly signal: AbortSignal;
  /** Whether its agents do whatever they read. Default: yes. */
  readonly obeys?: boolean;
  /** How long one scenario may take. */
  readonly scenarioMs?: number;
}

/** Codes and events after which a gate holds back for a while: what is played next in it would be judged by that. */
const AFTERMATH: ReadonlySet<string> = new Set(['ERR_RATE_LIMITED', 'ERR_CIRCUIT_OPEN', 'ERR_KILLED', 'ERR_LIMIT_DENIALS', 'flood.refused', 'context.ended']);

/**
 * Plays scenarios in their order and judges each. One that can't be played, or takes too long, is a result as well (`void`); it
 * and what makes a gate hold back leave the next one an installation of its own. Throws what `open` throws, and the signal's reason.
 */
export async function runScenarios(options: RunOptions): Promise<readonly ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  let rehearsal: Rehearsal | undefined;
  let from = 0;
  try {
    for (const scenario of options.scenarios) {
      options.signal.throwIfAborted();
      options.onNext?.(scenario, results.length);
      rehearsal ??= await options.open();
      const one = await playOne(scenario, rehearsal, from, options);
      results.push(one.result);
      options.onResult?.(one.result);
      from = one.next;
      if (one.isSpent) {
        await rehearsal.close();
        rehearsal = undefined;
      }
    }
    return results;
  } finally {
    await rehearsal?.close();
  }
}

interface One {
  readonly result: ScenarioResult;
  /** The first position of the log that is not of it. */
  readonly next: number;
  /** Nothing more is to be played in that installation. */
  readonly isSpent: boolean;
}

async function playOne(scenario: Scenario, rehearsal: Rehearsal, from: number, options: RunOptions): Promise<One> {
  const { signal } = options;
  const startedAt = Date.now();
  const late = AbortSignal.timeout(options.scenarioMs ?? LIMITS.redteamScenarioMs);
  const either = AbortSignal.any([signal, late]);
  try {
    const played = await orAborted(options.play(scenario, rehearsal.stage, either), either);
    const found = await rehearsal.records(from);
    const last = found.at(-1)?.['position'];
    const isSpent = found.some(({ code, event }) => [code, event].some((word) => typeof word === 'string' && AFTERMATH.has(word)));
    return { result: judge(scenario, played, found, options.obeys ?? true), next: isSpent ? 0 : typeof last === 'number' ? last + 1 : from, isSpent };
  } catch (fault) {
    signal.throwIfAborted();
    const why = late.aborted ? 'it took too long' : fault instanceof Error ? fault.message : 'something broke';
    return { result: unplayed(scenario, why, Date.now() - startedAt), next: 0, isSpent: true };
  }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
    promise.catch(() => undefined);
  }
}

function unplayed({ id, title, incident, techniques, claim, by }: Scenario, why: string, tookMs: number): ScenarioResult {
  const red = `it could not be played: ${why}`.slice(0, LIMITS.redteamReasonCharsMax);
  return {
    id, title, ...(incident === undefined ? {} : { incident }), techniques, claim, outcome: 'void', acted: [], silent: by, red, harm: [], evidence: [], tookMs,
  };
}
