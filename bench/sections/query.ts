import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openLedgerIndex } from '../../src/audit/index/ledger-index.ts';
import type { LedgerIndex } from '../../src/audit/index/ledger-index.ts';
import type { Ask } from '../../src/audit/index/ask.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';
import { generateLedger } from '../generated-ledger.ts';
import type { GeneratedLedger } from '../generated-ledger.ts';
import type { Bench } from '../targets/target.ts';

const RECORDS = 10_000_000;
const ASKED = 50;
const SLOW_ASKED = 5;
const LOOK_MS = 250;
/** Ten a second. */
const DAY_RECORDS = 864_000;

/** How a ledger of ten million records is indexed and asked. Every answer is checked against what was generated. */
export async function measureQuery(bench: Bench): Promise<Figure[]> {
  return measureQueries(join(bench.folder, 'query'), RECORDS);
}

async function measureQueries(dir: string, records: number): Promise<Figure[]> {
  const ledger = generateLedger(dir, records, Date.now());
  const index = openLedgerIndex(dir, () => ledger.end);
  try {
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
    await indexed(index, ledger);
    const [seconds, used] = [(performance.now() - startedAt) / 1000, process.cpuUsage(cpu)];
    const bytes = statSync(join(dir, 'index', 'records.sqlite')).size;
    return [
      { section: 'query', name: 'records indexed in a second, alone', value: records / seconds, unit: '1/s' },
      { section: 'query', name: 'CPU of indexing one record', value: (used.user + used.system) / records, unit: 'µs' },
      { section: 'query', name: 'index on disk, one record', value: bytes / records, unit: 'B' },
      { section: 'query', name: 'a record on disk', value: ledger.bytes / records, unit: 'B' },
      ...await measureQuestions(index, ledger),
    ];
  } finally {
    await index.close();
  }
}

async function indexed(index: LedgerIndex, { records }: GeneratedLedger): Promise<void> {
  for (;;) {
    const { known } = await index.sessions({ space: 'default', limit: 1 });
    if (known >= records) return;
    await Bun.sleep(LOOK_MS);
  }
}

async function measureQuestions(index: LedgerIndex, ledger: GeneratedLedger): Promise<Figure[]> {
  const millions = `${(ledger.records / 1e6).toFixed(0)} M records`;
  const nth = (at: number): string => ledger.context(Math.floor((ledger.contexts - 1000) * ((at * 0.618) % 1)) + 500);
  const context = await timed(ASKED, (at) => index.search(ask(`context = ${nth(at)}`, ledger, { order: 'oldest', limit: 1000 })), ({ entries }) =>
    entries.length > 300);
  const exchange = await timed(ASKED, async (at) => {
    const { entries: [first] } = await index.search(ask(`position = ${Math.floor(ledger.records * ((at * 0.618) % 1))}`, ledger));
    return index.search(ask(`exchange = ${first?.record.exchange ?? ''}`, ledger));
  }, ({ entries }) => entries.length >= 1);
  const denied = await timed(ASKED, (at) => index.search(ask(`event = call.denied and server = server-${at % 20} and at >= 1d`, ledger)), ({ entries }) =>
    entries.length > 0);
  const rare = await timed(SLOW_ASKED, () => index.search(ask('finding = "anomaly/first-use" and tool ~ "tool_1*" and effect = write', ledger)),
    ({ entries }) => entries.length === 100);
  const counted = await timed(SLOW_ASKED, () => index.search(ask('at >= 1d count by event', ledger)), ({ total }) => total === DAY_RECORDS + 1);
  const sessions = await timed(ASKED, () => index.sessions({ space: 'default', limit: 100, remarkable: true }), ({ sessions: found }) => found.length === 100);
  return [
    { section: 'query', name: `one context, whole (about 500 records), in ${millions}, p50`, value: context, unit: 'ms', target: '≤ 100 ms',
      met: context <= 100 },
    { section: 'query', name: 'one exchange by its id, p50 (with the look-up of an id)', value: exchange, unit: 'ms' },
    { section: 'query', name: 'denials of one server in a day, newest 100, p50', value: denied, unit: 'ms' },
    { section: 'query', name: 'findings of some tools, newest 100, p50', value: rare, unit: 'ms' },
    { section: 'query', name: `count of a day of them (${DAY_RECORDS} records) by event, p50`, value: counted, unit: 'ms' },
    { section: 'query', name: 'the latest 100 sessions with denials or findings, p50', value: sessions, unit: 'ms' },
  ];
}

function ask(question: string, { endedAt }: GeneratedLedger, more: Partial<Ask> = {}): Ask {
  return { space: 'default', question, now: endedAt, order: 'newest', limit: 100, ...more };
}

/** Median of single questions, each with its answer checked, in ms. */
async function timed<T extends object>(times: number, work: (at: number) => Promise<T>, isRight: (answer: T) => boolean): Promise<number> {
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const startedAt = performance.now();
    const answer = await work(at);
    took.push(performance.now() - startedAt);
    if (!isRight(answer)) throw new Error(`not the answer: ${JSON.stringify({ ...answer, entries: undefined }).slice(0, 300)}`);
  }
  return median(took);
}
