import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { createCorrelator } from '../../incident/correlate.ts';
import { INCIDENT_RULES } from '../../incident/rules.ts';
import { signalsOf } from '../../incident/signal.ts';
import type { LedgerEntry } from '../audit/reader.ts';
import type { Control } from '../control.ts';
import { collectFindings } from '../findings/collect.ts';
import { createTurn } from '../turn.ts';
import { newsOf } from './news.ts';
import { readCursor, writeIncidents } from './write.ts';
import type { Cursor, Pending } from './write.ts';

type Parts = Pick<Control, 'store' | 'state' | 'ledger' | 'record' | 'now' | 'report' | 'retention'>;

const TURN = 'incidents/follower';
const REST_MS = 1_000;
/** A new installation has no more than this on record when it looks for the first time; an older one begins with what comes now. */
const BEGINNING = 10_000;
/** How often it is worked out from where on the ledger is to be read again. */
const REMEMBER_MS = 10_000;

/** Reads the ledger as it grows and makes incidents of what looks wrong in it: one control of a fleet does, another when that one is gone. */
export function followIncidents(parts: Parts): () => Promise<void> {
  const ended = new AbortController();
  const me = Bun.randomUUIDv7();
  let told = '';
  const complain = (error: unknown): void => {
    const why = error instanceof SallyportError ? `${error.code}: ${error.message}` : 'something broke';
    // A role that is started after this one, or is away for a moment, is no news.
    if (why !== told && !why.startsWith('ERR_LINK_')) parts.report(`incidents are not looked for: ${why}`);
    told = why;
  };
  const work = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      try {
        if (await hasTurn(parts, me)) await followOnce(parts, me, ended.signal);
        told = '';
      } catch (error) {
        if (!ended.signal.aborted) complain(error);
      }
      await rest(ended.signal, REST_MS);
    }
  };
  const working = work();
  return async () => {
    ended.abort();
    await working;
    await parts.state.get(TURN).then((who) => (who === me ? parts.state.delete(TURN) : undefined)).catch(() => undefined);
  };
}

async function hasTurn({ state }: Parts, me: string): Promise<boolean> {
  if (await state.setIfAbsent(TURN, me, LIMITS.incidentTurnMs)) return true;
  if ((await state.get(TURN)) !== me) return false;
  await state.set(TURN, me, LIMITS.incidentTurnMs);
  return true;
}

/**
 * Until the turn is lost, or the ledger ends. What was read and not written when that happens is read again; what was written
 * is known by its place. Throws what keeps it from reading or writing.
 */
async function followOnce(parts: Parts, me: string, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const course = await createCourse(parts);
  let failed: unknown;
  const fail = (error: unknown): void => {
    failed ??= error;
    over.abort();
  };
  const flushing = setInterval(() => void course.tick().catch(fail), LIMITS.incidentFlushMs);
  const keeping = setInterval(() => void hasTurn(parts, me).then((mine) => (mine ? undefined : over.abort()), fail), LIMITS.incidentTurnMs / 3);
  try {
    for await (const entry of parts.ledger.tail(until, course.from)) await course.take(entry);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    // It has a record and an incident of its own. What comes after it is looked at: one bad place must not blind us.
    parts.report('a place of the ledger cannot be read: incidents are looked for in what is written from now on');
    await course.skipTo(await endOf(parts));
  } finally {
    clearInterval(flushing);
    clearInterval(keeping);
    await course.flush().catch(fail);
  }
  if (failed !== undefined) throw failed;
}

interface Course {
  readonly from: number;
  /** Resolves when it is taken in; what opens an incident, when that is stored. */
  take(entry: LedgerEntry): Promise<void>;
  tick(): Promise<void>;
  flush(): Promise<void>;
  skipTo(position: number): Promise<void>;
}

async function createCourse(parts: Parts): Promise<Course> {
  const turn = createTurn();
  const correlator = createCorrelator(INCIDENT_RULES);
  const findings = await collectFindings(parts);
  let stored = await beginning(parts);
  let cursor: Cursor = stored;
  let [pending, rememberedAt]: [Pending[], number] = [[], parts.now()];
  const flush = (): Promise<void> => turn(async () => {
    const now = parts.now();
    if (pending.length === 0 && findings.isEmpty && cursor.next === stored.next) return;
    if (now - rememberedAt >= REMEMBER_MS) {
      cursor = { ...cursor, from: Math.max(Math.min(cursor.next, correlator.oldest(now) ?? cursor.next), cursor.next - LIMITS.incidentReadAgainMax) };
      rememberedAt = now;
    }
    const batch = pending;
    pending = [];
    stored = await writeIncidents(parts, { batch, correlator, before: stored, next: cursor, also: (rows) => findings.write(rows) });
  });
  let movedAt = parts.now();
  return {
    from: stored.from,
    flush,
    async tick() {
      // Where the log was read to is worth a write now and then only.
      await findings.refresh();
      if (pending.length === 0 && findings.isEmpty && parts.now() - movedAt < LIMITS.incidentTurnMs) return;
      movedAt = parts.now();
      await flush();
    },
    async take({ position, record }) {
      const now = parts.now();
      // Read a second time after a start, so that rules remember: what came of it then stands, and was counted.
      const isAgain = position < stored.next || position < cursor.next;
      const heard = signalsOf(record).filter((signal) => (isAgain ? !findings.isSilent(signal) : findings.take(signal)));
      const matches = heard.flatMap((signal) => correlator.take({ position, signal }, now));
      if (isAgain) return;
      cursor = { ...cursor, next: position + 1 };
      const news = newsOf(record);
      pending.push(...matches.map((match) => ({ match })), ...(news === undefined ? [] : [{ news }]));
      if (news !== undefined || matches.some(({ more }) => !more) || pending.length >= LIMITS.incidentBatchMax) await flush();
    },
    async skipTo(position) {
      cursor = { ...cursor, next: position, from: position };
      rememberedAt = parts.now();
      await flush();
    },
  };
}

/** Where it was; of a ledger that was brought back from before that, its end, for what is written there from now on is new. */
async function beginning(parts: Parts): Promise<Cursor> {
  const [stored, end] = [await readCursor(parts.store), await endOf(parts)];
  if (stored !== undefined) return stored.next <= end ? stored : { ...stored, next: end, from: end };
  const next = end <= BEGINNING ? 0 : end;
  return { next, from: next, version: 0 };
}

async function endOf({ ledger, now }: Parts): Promise<number> {
  return (await ledger.search({ space: 'default', question: '', now: now(), order: 'newest', limit: 1 })).end;
}

function isCorrupt(error: unknown): boolean {
  return error instanceof SallyportError && error.code === 'ERR_JOURNAL_CORRUPT';
}

function rest(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
    if (signal.aborted) resolve();
  });
}
