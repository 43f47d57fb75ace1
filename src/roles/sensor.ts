import { hostname } from 'node:os';
import { join } from 'node:path';
import { gather, reportsOf } from '../discover/reports.ts';
import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Looked, Sensor } from '../domain/observation.ts';
import type { Link } from '../link/connect.ts';
import { openFleet } from './fleet.ts';
import { checkOwnFiles } from './own-files.ts';
import { pause } from './pause.ts';
import { openSensorQueue, type SensorQueue } from './sensor-queue.ts';

/** One way of looking at this host, and which of its sensors thereby have looked at everything. */
export interface HostLook {
  readonly sensors: readonly Exclude<Sensor, 'gate'>[];
  readonly start: (signal: AbortSignal) => Looked;
}

export interface SensorOptions {
  readonly home: string;
  /** This sensor's name among sensors: the one that it joined under. */
  readonly node: string;
  /** Between two looks, and at most so long until it is heard of again. */
  readonly everyMs: number;
  readonly looks: readonly HostLook[];
  /** A join token's text; has no use once this sensor has joined. */
  readonly join?: string;
  /** Says what an operator must know; one line each. */
  readonly report: (line: string) => void;
}

export interface RunningSensor {
  /** Says that it stops, and ends. */
  close(): Promise<void>;
}

const BEATS_PER_LOOK = 2;

/**
 * Looks at this host again and again and tells control by the link. While control cannot be reached what was seen waits on the
 * disk. Needs nothing else of Sallyport here: no store, no key but its own. Throws `ERR_LINK_AUTH` where it cannot join,
 * `ERR_FILE_UNSAFE`.
 */
export async function startSensor(options: SensorOptions): Promise<RunningSensor> {
  const { home, node, everyMs, report } = options;
  checkOwnFiles(home, 'sensor');
  const queue = openSensorQueue(join(home, 'sensor', 'queue'));
  const fleet = openFleet(home, 'sensor', { node, ...(options.join === undefined ? {} : { join: options.join }) }, report);
  await fleet.joined;
  const link = fleet.link('control');
  const ending = new AbortController();
  const { signal } = ending;
  const tell = createTeller({ link, queue, report, beat: (state) => ({ host: hostname(), everyMs, queued: queue.queued, dropped: queue.dropped, state }) });
  const looking = repeat(everyMs, signal, async () => {
    for (const { sensors, start } of options.looks) {
      const since = Date.now();
      const seen = await gather(start(signal), signal);
      for (const made of reportsOf(seen, { sensors, host: hostname(), since })) queue.add(made);
    }
    await tell('watching');
  }, report);
  const beating = repeat(Math.max(LIMITS.sensorBeatMsMin, everyMs / BEATS_PER_LOOK), signal, () => tell('watching'), report);
  return {
    close: async () => {
      ending.abort();
      await Promise.all([looking, beating]);
      await tell('stopped');
      link.close();
      fleet.close();
    },
  };
}

async function repeat(everyMs: number, signal: AbortSignal, work: () => Promise<void>, report: (line: string) => void): Promise<void> {
  while (!signal.aborted) {
    const since = Date.now();
    await work().catch((error: unknown) => report(`a look failed: ${why(error)}`));
    await pause(Math.max(0, everyMs - (Date.now() - since)), signal);
  }
}

interface TellerParts {
  readonly link: Pick<Link, 'call'>;
  readonly queue: SensorQueue;
  readonly report: (line: string) => void;
  readonly beat: (state: 'watching' | 'stopped') => JsonObject;
}

type Tell = (state: 'watching' | 'stopped') => Promise<void>;

/** Tells what waits, the oldest first, and in any case that it is there. One at a time; what cannot be told now waits. */
function createTeller({ link, queue, report, beat }: TellerParts): Tell {
  let turn: Promise<void> = Promise.resolve();
  let told = '';
  const tellAll: Tell = async (state) => {
    try {
      for (let next = queue.first(); next !== undefined; next = queue.first()) {
        try {
          await link.call('control.observe', { beat: beat(state), report: next });
          queue.told();
        } catch (error) {
          if (!isRefusedForGood(error)) throw error;
          report(`control refuses a report: ${why(error)}`);
          queue.drop();
        }
      }
      await link.call('control.observe', { beat: beat(state) });
      told = '';
    } catch (error) {
      const reason = `control was not told: ${why(error)}`;
      if (reason !== told) report(reason);
      told = reason;
    }
  };
  return (state) => {
    turn = turn.then(() => tellAll(state));
    return turn;
  };
}

/** What control will not take another time, either; kept, it would keep back all that comes after it. */
function isRefusedForGood(error: unknown): boolean {
  return error instanceof SallyportError && (error.code === 'ERR_REQUEST_INVALID' || error.code === 'ERR_BODY_TOO_LARGE');
}

function why(error: unknown): string {
  return error instanceof SallyportError ? `${error.code}: ${error.message}` : 'an unknown fault';
}
