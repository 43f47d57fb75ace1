import { SallyportError } from '../../domain/errors.ts';
import { toRecord, type Happening } from '../../domain/happening.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { JournalRecord } from '../../domain/record.ts';

/** How many credentials leave, and where to: a gateway that was broken into would ask for many. */
export interface ReleaseWatch {
  /** Counts one. Throws `ERR_RELEASE_RATE` above what one server, or one gateway, can need in a minute; the first time loudly. */
  admit(space: string, server: string, node: string): void;
  /** Records a refusal; of a flood of them only the counts. Never rejects: refused it is anyway. */
  refused(entry: Omit<Happening, 'event'>): Promise<void>;
  /** What was alarming since control started, newest last. */
  readonly alarms: readonly Alarm[];
}

export interface Alarm {
  readonly at: number;
  readonly message: string;
}

export interface WatchParts {
  readonly now: () => number;
  readonly report: (line: string) => void;
  readonly floods: { refuse(record: JournalRecord): Promise<void> };
}

const WINDOW_MS = 60_000;
const ALARMS_MAX = 100;

export function createReleaseWatch({ now, report, floods }: WatchParts): ReleaseWatch {
  const counts = new Map<string, number>();
  const alarms: Alarm[] = [];
  let since = now();
  const sound = (message: string): void => {
    alarms.push({ at: now(), message });
    if (alarms.length > ALARMS_MAX) alarms.shift();
    report(`ALARM: ${message}`);
  };
  const count = (what: string, max: number): void => {
    const sum = (counts.get(what) ?? 0) + 1;
    counts.set(what, sum);
    if (sum <= max) return;
    if (sum === max + 1) sound(`more than ${max} credentials were asked for in a minute ${what}; no more are released for now`);
    throw new SallyportError('ERR_RELEASE_RATE', 'too many credentials are asked for', {
      remedy: 'Find out why so many are needed; a kill switch stops the server, or stop the gateway.', internal: what,
    });
  };
  return {
    alarms,
    admit: (space, server, node) => {
      if (now() - since >= WINDOW_MS) {
        counts.clear();
        since = now();
      }
      count(`for server ${space}/${server}`, LIMITS.releasesPerServerMinuteMax);
      count(`by gateway ${node}`, LIMITS.releasesPerNodeMinuteMax);
    },
    refused: async (entry) => {
      const id = Bun.randomUUIDv7();
      await floods.refuse(toRecord({ id, at: now(), node: 'control', exchange: id, ...entry, event: 'credential.refused' })).catch(() => undefined);
    },
  };
}
