import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { replaceOwn } from '../../client-files/watch/baseline.ts';
import type { Difference } from '../../client-files/watch/watched.ts';
import type { Client } from '../client.ts';
import type { Io } from '../command.ts';
import { hasGate } from './file-acts.ts';

interface Report {
  readonly path: string;
  readonly body: JsonObject;
}

type Told = Pick<Client, 'home' | 'control' | 'send'>;

/** Faults that pass: control is away, or busy. With any other it will never take the report, and it is put aside. */
const PASSING = ['ERR_NOT_RUNNING', 'ERR_BUSY', 'ERR_STORE_UNAVAILABLE', 'ERR_JOURNAL_UNAVAILABLE', 'ERR_JOURNAL_BACKLOG', 'ERR_RATE_LIMITED'];

/**
 * What a watcher tells control, in order. Each report is on disk before anything is done about what it tells (audit before effect),
 * and leaves it when control has it on record; a control that is away is told later. The oldest are kept when there are too many.
 */
export class WatchReports {
  readonly #client: Told;
  readonly #io: Pick<Io, 'note'>;
  readonly #file: string;
  #waiting: Report[] = [];
  #sending: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  #lost = 0;

  private constructor(client: Told, io: Pick<Io, 'note'>, file: string) {
    this.#client = client;
    this.#io = io;
    this.#file = file;
  }

  static async open(client: Told, io: Pick<Io, 'note'>, folder: string): Promise<WatchReports> {
    const reports = new WatchReports(client, io, join(folder, 'unsent.jsonl'));
    const text = await readFile(reports.#file, 'utf8').catch(() => '');
    reports.#waiting = text.split('\n').flatMap(read).slice(0, LIMITS.watchQueueMax);
    return reports;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when it is on disk. */
  async add(path: string, body: JsonObject): Promise<void> {
    if (!hasGate(this.#client)) return;
    if (this.#waiting.length >= LIMITS.watchQueueMax) {
      this.#lost += 1;
      if (this.#lost === 1) this.#io.note(`${LIMITS.watchQueueMax} reports wait for control: what comes now is shown here and lost to the record.`);
      return;
    }
    await this.#onDisk(() => {
      this.#waiting.push({ path, body });
      return appendFile(this.#file, `${JSON.stringify({ path, body })}\n`, { mode: 0o600, flush: true });
    });
  }

  /** One at a time: what is written anew without what was told must not lose what is added meanwhile. */
  #onDisk(write: () => Promise<void>): Promise<void> {
    const written = this.#writing.then(write);
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Sends what waits, as far as control takes it. Never rejects. */
  send(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sendAll());
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    let told = 0;
    while (this.#waiting[0] !== undefined) {
      const { path, body } = this.#waiting[0];
      try {
        await this.#client.send('POST', path, body);
      } catch (error) {
        const code = error instanceof SallyportError ? error.code : 'ERR_NOT_RUNNING';
        if (PASSING.includes(code)) break;
        this.#io.note(`control refused a report (${code}): ${error instanceof Error ? error.message : ''}`);
      }
      this.#waiting.shift();
      told += 1;
    }
    if (told === 0) return;
    await this.#onDisk(() => (this.#waiting.length === 0 ? rm(this.#file, { force: true })
      : replaceOwn(this.#file, `${this.#waiting.map((one) => JSON.stringify(one)).join('\n')}\n`)));
  }
}

const MINUTE_MS = 60_000;

/** So many changes a minute are reported one by one; of more the worst and how many there were, in one report: nobody fills the log by writing. */
export class ReportPace {
  #since = 0;
  #taken = 0;
  #held: readonly Difference[] = [];
  #count = 0;

  /** Whether a change is reported by itself; else it is held. */
  takes(differences: readonly Difference[], now: number): boolean {
    // A clock that was set back starts a minute, too.
    if (now - this.#since >= MINUTE_MS || now < this.#since) [this.#since, this.#taken] = [now, 0];
    if (this.#taken < LIMITS.watchReportsPerMinuteMax) {
      this.#taken += 1;
      return true;
    }
    this.#held = [...this.#held, ...differences].toSorted(byWeight).slice(0, LIMITS.fileDifferencesMax);
    this.#count += differences.length;
    return false;
  }

  /** What was held: the worst of it, and how much more there was. */
  drain(): { readonly differences: readonly Difference[]; readonly left: number } | undefined {
    if (this.#count === 0) return undefined;
    const held = { differences: this.#held, left: this.#count - this.#held.length };
    [this.#held, this.#count] = [[], 0];
    return held;
  }
}

function byWeight(one: Difference, other: Difference): number {
  return SEVERITIES.indexOf(other.severity) - SEVERITIES.indexOf(one.severity);
}

/** A line that was cut short by a crash is none. */
function read(line: string): readonly Report[] {
  try {
    const value: Json = JSON.parse(line);
    const { path, body } = isObject(value) ? value : {};
    return typeof path === 'string' && isObject(body) ? [{ path, body }] : [];
  } catch {
    return [];
  }
}
