import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { LedgerEntry, LedgerReader } from '../audit/reader.ts';
import type { LiveRecord } from './answer.ts';
import { EVERYTHING, topicsOf } from './topics.ts';

export type View = (record: JsonObject) => JsonObject;

/** One that looks on. */
export interface Onlooker {
  readonly space: string;
  /** How it may see records; undefined: not at all. */
  readonly view: () => View | undefined;
  /** Must not wait, nor throw. */
  told(topics: readonly string[], record: LiveRecord | undefined): void;
}

/** Tells onlookers what is written to the ledger, whichever control of a fleet had it written. */
export interface LiveHub {
  /** Gives what ends it. */
  watch(onlooker: Onlooker): () => void;
  /** One more stream of somebody; gives what ends it. Throws `ERR_BUSY` when there are too many. */
  enter(who: string): () => void;
}

const REST_MS = 1_000;

/** The ledger is read once for all of them, and not at all while nobody looks. */
export function createLiveHub(ledger: Pick<LedgerReader, 'tail'>): LiveHub {
  const onlookers = new Set<Onlooker>();
  let reading: AbortController | undefined;
  const read = async (ending: AbortSignal): Promise<void> => {
    while (!ending.aborted) {
      try {
        for await (const entry of ledger.tail(ending)) tell(entry, onlookers);
      } catch {
        // A ledger that is away is said by the status; what comes after is told when it comes.
      }
      if (ending.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      for (const onlooker of onlookers) onlooker.told([EVERYTHING], undefined);
    }
  };
  return {
    enter: createEntrance(),
    watch: (onlooker) => {
      onlookers.add(onlooker);
      if (reading === undefined) {
        reading = new AbortController();
        void read(reading.signal);
      }
      return () => {
        onlookers.delete(onlooker);
        if (onlookers.size > 0) return;
        reading?.abort();
        reading = undefined;
      };
    },
  };
}

function tell({ position, record }: LedgerEntry, onlookers: ReadonlySet<Onlooker>): void {
  const topics = topicsOf(record['event']);
  const shown = new Map<View, LiveRecord>();
  for (const onlooker of onlookers) {
    if (record['space'] !== onlooker.space) {
      // What is set for the organisation is seen in every space; that is all that another space learns.
      if (record['space'] === DEFAULT_SPACE && topics.includes(EVERYTHING)) onlooker.told(topics, undefined);
      continue;
    }
    const view = onlooker.view();
    const seen = view === undefined ? undefined : shown.get(view) ?? present(position, view(record));
    if (view !== undefined && seen !== undefined) shown.set(view, seen);
    onlooker.told(topics, seen);
  }
}

const TEXTS = ['principal', 'principalKind', 'agent', 'context', 'server', 'tool', 'method', 'action', 'effect', 'code', 'reason'] as const;

function present(position: number, record: JsonObject): LiveRecord {
  const text = (field: string): string => (typeof record[field] === 'string' ? record[field] : '');
  const { at, latencyMs, findings } = record;
  return {
    position, id: text('id'), at: typeof at === 'number' ? at : 0, category: text('category'), event: text('event'), exchange: text('exchange'),
    ...Object.fromEntries(TEXTS.flatMap((field) => (typeof record[field] === 'string' ? [[field, record[field].slice(0, LIMITS.liveTextCharsMax)]] : []))),
    ...(typeof latencyMs === 'number' ? { latencyMs } : {}), ...(isArray(findings) && findings.length > 0 ? gravestOf(findings) : {}),
  };
}

function gravestOf(findings: readonly Json[]): Pick<LiveRecord, 'severity' | 'findings'> {
  const graves = findings.map((finding) => SEVERITIES.findIndex((severity) => isObject(finding) && finding['severity'] === severity));
  const severity = SEVERITIES[Math.max(...graves)];
  return { findings: findings.length, ...(severity === undefined ? {} : { severity }) };
}

function createEntrance(): LiveHub['enter'] {
  const open = new Map<string, number>();
  let all = 0;
  return (who) => {
    const mine = open.get(who) ?? 0;
    if (mine >= LIMITS.livePersonStreamsMax || all >= LIMITS.liveStreamsMax) {
      throw new SallyportError('ERR_BUSY', 'too many live views are open', { remedy: 'Close one; views that are not live go on.' });
    }
    open.set(who, mine + 1);
    all += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      all -= 1;
      const rest = (open.get(who) ?? 1) - 1;
      if (rest === 0) open.delete(who);
      else open.set(who, rest);
    };
  };
}
