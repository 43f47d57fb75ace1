import { toRecord } from '../domain/happening.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Journal, JournalRecord } from '../domain/record.ts';

const BURST = 60;
const PER_SECOND = 1;
const WINDOW_MS = 60_000;
const OTHERS = 'others';

export interface FloodOptions {
  readonly node: string;
  readonly space: string;
  /** Whose refusals these are, where they are all one server's. */
  readonly server?: string;
  readonly now?: () => number;
  /** Length of one aggregate. Default: a minute. */
  readonly windowMs?: number;
}

/**
 * Keeps refusals of unauthenticated callers from filling the log (invariant 10): a token bucket of single records (60 at
 * once, then one a second); the rest is counted and becomes one `flood.refused` record a minute.
 */
export interface Floods {
  /** Appends the refusal, or counts it. Rejects as the journal does; a refusal that cannot be recorded is still a refusal. */
  refuse(record: JournalRecord): Promise<void>;
  /** Appends what has been counted so far. */
  flush(): Promise<void>;
  /** Flushes, and counts no longer. */
  close(): Promise<void>;
}

interface Counts {
  readonly since: number;
  total: number;
  readonly codes: Map<string, number>;
  readonly addresses: Map<string, number>;
}

export function createFloods(journal: Journal, options: FloodOptions): Floods {
  const now = options.now ?? Date.now;
  let tokens = BURST;
  let refilledAt = now();
  let counts: Counts | undefined;
  let timer: Timer | undefined;

  const takeToken = (): boolean => {
    const at = now();
    tokens = Math.min(BURST, tokens + (Math.max(0, at - refilledAt) / 1000) * PER_SECOND);
    refilledAt = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    const done = counts;
    counts = undefined;
    if (done !== undefined) await journal.append(floodRecord(done, now(), options));
  };
  const refuse = async (record: JournalRecord): Promise<void> => {
    if (takeToken()) {
      await journal.append(record);
      return;
    }
    if (counts === undefined) {
      counts = { since: now(), total: 0, codes: new Map(), addresses: new Map() };
      // Nobody waits for this append: when the journal is down, so is everything that could be refused.
      timer = setTimeout(() => void flush().catch(() => undefined), options.windowMs ?? WINDOW_MS);
      timer.unref();
    }
    counts.total += 1;
    count(counts.codes, record.code ?? OTHERS);
    count(counts.addresses, record.address ?? OTHERS);
  };
  return { refuse, flush, close: flush };
}

/** Addresses are the caller's to choose (think IPv6): past the limit they share one count. */
function count(counts: Map<string, number>, key: string): void {
  const known = counts.has(key) || counts.size < LIMITS.floodAddressesMax ? key : OTHERS;
  counts.set(known, (counts.get(known) ?? 0) + 1);
}

function floodRecord(counts: Counts, at: number, options: FloodOptions): JournalRecord {
  return toRecord({
    id: Bun.randomUUIDv7(),
    at,
    category: 'access',
    event: 'flood.refused',
    node: options.node,
    space: options.space,
    exchange: '',
    ...(options.server === undefined ? {} : { server: options.server }),
    detail: { since: counts.since, count: counts.total, codes: Object.fromEntries(counts.codes), addresses: Object.fromEntries(counts.addresses) },
  });
}
