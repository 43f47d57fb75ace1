import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurable } from '../audit/log/durable.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';

/**
 * What a sensor saw and could not tell yet: one file for each report, in the order in which they were made, for its owner alone.
 * It survives restarts. When there is no more room the oldest leaves: what was seen later says more of how it is now.
 */
export interface SensorQueue {
  /** Observations that wait. */
  readonly queued: number;
  /** Observations that left for want of room, or were refused for good, since the queue was opened. */
  readonly dropped: number;
  add(report: JsonObject): void;
  /** The oldest report; undefined: none waits. */
  first(): JsonObject | undefined;
  /** The oldest was told. */
  told(): void;
  /** The oldest will never be taken. */
  drop(): void;
}

interface Waiting {
  readonly file: string;
  readonly bytes: number;
  readonly observations: number;
}

export function openSensorQueue(folder: string): SensorQueue {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const waiting: Waiting[] = readdirSync(folder).filter((name) => NAME.test(name)).toSorted((one, other) => (one < other ? -1 : 1)).map((name) => {
    const file = join(folder, name);
    return { file, bytes: statSync(file).size, observations: observationsOf(read(file)) };
  });
  let dropped = 0;
  let last = Number(NAME.exec(waiting.at(-1)?.file ?? '')?.[1] ?? 0);
  const leave = (isLost: boolean): void => {
    const gone = waiting.shift();
    if (gone === undefined) return;
    rmSync(gone.file, { force: true });
    if (isLost) dropped += gone.observations;
  };
  const bytes = (): number => waiting.reduce((sum, one) => sum + one.bytes, 0);
  return {
    get queued() {
      return waiting.reduce((sum, one) => sum + one.observations, 0);
    },
    get dropped() {
      return dropped;
    },
    add: (report) => {
      last += 1;
      const text = JSON.stringify(report);
      const file = join(folder, `${String(last).padStart(DIGITS, '0')}.json`);
      // Half a report after a crash would be told as a whole one.
      writeDurable(file, text, 0o600);
      waiting.push({ file, bytes: text.length, observations: observationsOf(report) });
      while (waiting.length > 1 && (waiting.length > LIMITS.sensorReportsMax || bytes() > LIMITS.sensorQueueBytesMax)) leave(true);
    },
    first: () => {
      for (let [one] = waiting; one !== undefined; [one] = waiting) {
        const report = read(one.file);
        if (report !== undefined) return report;
        // Somebody else than this sensor wrote in it, or took it away.
        leave(true);
      }
      return undefined;
    },
    told: () => leave(false),
    drop: () => leave(true),
  };
}

const DIGITS = 12;
const NAME = /(\d{12})\.json$/;

function observationsOf(report: JsonObject | undefined): number {
  const observations = report?.['observations'];
  return isArray(observations) ? observations.length : 0;
}

function read(file: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(readFileSync(file, 'utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
