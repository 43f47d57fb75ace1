import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/** Restarts with back-off; what crashes at start again and again is refused for a while. */
export interface Crashes {
  /** Waits out the back-off. Throws `ERR_RUNNER_SPAWN`, not dispatched, after `LIMITS.stdioCrashesMax` crashes in a row. */
  permit(origin: string): Promise<void>;
  /** Whether that was the server's last of `LIMITS.stdioCrashesMax` in a row, whoever started it. */
  crashed(process: Started): boolean;
  worked(process: Started): void;
}

export interface Started {
  readonly origin: string;
  readonly space: string;
  readonly server: string;
}

interface Record {
  readonly count: number;
  readonly at: number;
}

export function createCrashes(now: () => number): Crashes {
  const records = new Map<string, Record>();
  const servers = new Map<string, number>();
  return {
    async permit(origin) {
      const record = records.get(origin);
      if (record === undefined) return;
      const sinceMs = now() - record.at;
      if (sinceMs >= LIMITS.stdioCrashHoldMs) {
        records.delete(origin);
        return;
      }
      if (record.count >= LIMITS.stdioCrashesMax) {
        throw new SallyportError('ERR_RUNNER_SPAWN', 'The server ends as soon as it is started.', {
          remedy: "Read what it says in the runner's log folder; it is tried again in a minute.",
          dispatched: false,
        });
      }
      const waitMs = LIMITS.stdioBackoffMs * 2 ** record.count - sinceMs;
      if (waitMs > 0) await Bun.sleep(waitMs);
    },
    crashed({ origin, space, server }) {
      const count = (records.get(origin)?.count ?? 0) + 1;
      // A record that was not renewed is forgotten by `permit`; a flood of origins is bounded here.
      if (records.size >= LIMITS.stdioCrashRecordsMax) records.delete(records.keys().next().value ?? origin);
      records.set(origin, { count, at: now() });
      const inRow = (servers.get(`${space}/${server}`) ?? 0) + 1;
      servers.set(`${space}/${server}`, inRow % LIMITS.stdioCrashesMax);
      return inRow === LIMITS.stdioCrashesMax;
    },
    worked({ origin, space, server }) {
      records.delete(origin);
      servers.delete(`${space}/${server}`);
    },
  };
}
