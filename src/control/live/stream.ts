import { setTimeout as sleep } from 'node:timers/promises';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Live, LiveRecord } from './answer.ts';
import type { LiveHub, View } from './hub.ts';

/** Whom it is told to, and how that is looked at again while it goes on. */
export interface Listening {
  readonly id: string;
  readonly space: string;
  readonly roles: readonly string[];
  /** How records may be seen; undefined: not at all. */
  readonly view: () => View | undefined;
  /** Aborts when the client leaves, and when who asked may ask no more: then with the reason. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** One stream: told at most four times a second, and of no more than a bounded number of records; what is left out is counted. */
export async function* tellLive(hub: LiveHub, { id, space, roles, view, signal, now }: Listening): AsyncGenerator<Live> {
  const news = createNews();
  const bell = createBell();
  const onAbort = (): void => bell.ring();
  signal.addEventListener('abort', onAbort);
  const leave = hub.watch({
    space, view,
    told: (topics, record) => {
      news.take(topics, record);
      bell.ring();
    },
  });
  try {
    yield { event: 'hello', data: { id, space, roles: [...roles], records: view() !== undefined, at: now() } };
    for (let beatAt = now() + LIMITS.liveBeatMs; !signal.aborted;) {
      if (news.isWaiting()) await sleep(LIMITS.liveFlushMs, undefined, { signal }).catch(() => undefined);
      else await bell.wait(Math.max(1, beatAt - now()));
      if (signal.aborted) break;
      const told = news.give(now());
      yield* told;
      if (told.length === 0 && now() < beatAt) continue;
      beatAt = now() + LIMITS.liveBeatMs;
      if (told.length === 0) yield { event: 'beat', data: { at: now() } };
    }
    yield { event: 'over', data: whyOver(signal.reason) };
  } finally {
    signal.removeEventListener('abort', onAbort);
    leave();
  }
}

function whyOver(reason: unknown): { readonly code: string; readonly reason: string } {
  return reason instanceof SallyportError ? { code: reason.code, reason: reason.message } : { code: 'ERR_NOT_RUNNING', reason: 'control stops' };
}

interface News {
  take(topics: readonly string[], record: LiveRecord | undefined): void;
  isWaiting(): boolean;
  /** What is due now. */
  give(at: number): readonly Live[];
}

/** Nothing in it grows: topics are few, records are bounded. */
function createNews(): News {
  const dirty = new Set<string>();
  const toldAt = new Map<string, number>();
  const again = new Map<string, number>();
  let records: LiveRecord[] = [];
  let dropped = 0;
  return {
    take: (topics, record) => {
      for (const topic of topics) dirty.add(topic);
      if (record === undefined) return;
      if (records.length < LIMITS.liveRecordsMax) records.push(record);
      else dropped += 1;
    },
    isWaiting: () => dirty.size + again.size + records.length > 0,
    give: (at) => {
      const due = [...dirty].filter((topic) => at - (toldAt.get(topic) ?? 0) >= LIMITS.liveTopicMs);
      // A record is durable before its effect is (invariant 5): who looked at once may have seen what was before it.
      const late = [...again].flatMap(([topic, when]) => (when <= at ? [topic] : []));
      for (const topic of late) again.delete(topic);
      for (const topic of due) {
        dirty.delete(topic);
        again.set(topic, at + LIMITS.liveAgainMs);
      }
      const topics = [...new Set([...due, ...late])];
      for (const topic of topics) toldAt.set(topic, at);
      const batch: Live[] = records.length === 0 ? [] : [{ event: 'records', data: { records, dropped } }];
      [records, dropped] = [[], 0];
      return topics.length === 0 ? batch : [{ event: 'changed', data: { topics } }, ...batch];
    },
  };
}

interface Bell {
  ring(): void;
  /** Until it rings, or that long. */
  wait(ms: number): Promise<void>;
}

function createBell(): Bell {
  let wake: (() => void) | undefined;
  return {
    ring: () => wake?.(),
    wait: async (ms) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      wake = resolve;
      await promise;
      clearTimeout(timer);
    },
  };
}
