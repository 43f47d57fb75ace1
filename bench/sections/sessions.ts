import { join } from 'node:path';
import { openLedgerIndex } from '../../src/audit/index/ledger-index.ts';
import type { LedgerIndex } from '../../src/audit/index/ledger-index.ts';
import type { SessionMark, SessionsAsk } from '../../src/audit/index/ask.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';
import { generateLedger } from '../generated-ledger.ts';
import type { Bench } from '../targets/target.ts';

const SESSIONS = 100_000;
const CALLS_EACH = 5;
const PAGE = 100;
const PAGES = 60;
const ASKED = 20;
const LOOK_MS = 250;
const TARGET_MS = 50;

/** What people look at, of a ledger of 100,000 sessions: pages of a list however far down, filters, and the sums that maps and charts are drawn from. */
export async function measureSessions(bench: Bench): Promise<Figure[]> {
  const dir = join(bench.folder, 'sessions');
  const ledger = generateLedger(dir, SESSIONS * CALLS_EACH * 2, Date.now(), CALLS_EACH);
  const index = openLedgerIndex(dir, () => ledger.end);
  try {
    while ((await index.sessions({ space: 'default', limit: 1 })).known < ledger.records) await Bun.sleep(LOOK_MS);
    const first = await paging(index, {});
    const far = await paging(index, { offset: SESSIONS - PAGES * PAGE * 2 });
    const pages: readonly (readonly [name: string, took: number])[] = [
      ['a page from the top', first], ['a page from the other end', far], ['a jump to the middle', await asking(index, { offset: SESSIONS / 2 })],
      ['a page of one agent', await paging(index, { agent: 'agent-7' })],
      ['a page of one person', await asking(index, { principal: 'https://idp.example|person-77' })],
      ['a page of one server', await paging(index, { server: 'server-7' })], ['a page of remarkable ones', await paging(index, { remarkable: true })],
      ['a page of one server and one agent', await paging(index, { server: 'server-7', agent: 'agent-7' })],
      ['a page by a text that nothing has', await asking(index, { text: 'no such thing' })],
      ['the count of all', await asking(index, { count: true, limit: 1 })],
    ];
    const day = { space: 'default', since: ledger.startedAt, limit: 100 } as const;
    const map = await timed(() => index.edges({ ...day, unit: 'day' }), ({ edges }) => edges.length === PAGE);
    const hours = await timed(() => index.activity({ ...day, unit: 'hour', until: ledger.endedAt, by: 'server' }), ({ rows }) => rows.length === 20);
    return [
      ...pages.map(([name, value]): Figure => ({
        section: 'sessions', name: `${name}, of ${SESSIONS} sessions, p50`, value, unit: 'ms', target: `≤ ${TARGET_MS} ms`, met: value <= TARGET_MS,
      })),
      { section: 'sessions', name: 'a page far down against one at the top', value: far / first, unit: '×' },
      { section: 'sessions', name: 'who called which server, the first 100 edges, p50', value: map, unit: 'ms', target: '≤ 250 ms', met: map <= 250 },
      { section: 'sessions', name: 'activity by hour and server, p50', value: hours, unit: 'ms', target: `≤ ${TARGET_MS} ms`, met: hours <= TARGET_MS },
    ];
  } finally {
    await index.close();
  }
}

/** Page after page, from a place on. */
async function paging(index: LedgerIndex, { offset, ...ask }: Partial<SessionsAsk>): Promise<number> {
  let mark: SessionMark | undefined = offset === undefined ? undefined : (await index.sessions({ space: 'default', limit: 1, offset, ...ask })).next;
  const took: number[] = [];
  for (let page = 0; page < PAGES; page += 1) {
    const startedAt = performance.now();
    const { sessions, next } = await index.sessions({ space: 'default', limit: PAGE, ...ask, ...(mark && { mark }) });
    took.push(performance.now() - startedAt);
    if (sessions.length < PAGE && next !== undefined && ask.agent === undefined) throw new Error('a page is not full, and there are more');
    if (next === undefined) break;
    mark = next;
  }
  return median(took);
}

function asking(index: LedgerIndex, ask: Partial<SessionsAsk>): Promise<number> {
  return timed(() => index.sessions({ space: 'default', limit: PAGE, ...ask }), ({ sessions, total }) =>
    ask.text === undefined ? sessions.length > 0 && (total ?? SESSIONS) >= SESSIONS : sessions.length === 0);
}

async function timed<T>(work: () => Promise<T>, isRight: (answer: T) => boolean): Promise<number> {
  const took: number[] = [];
  for (let at = 0; at < ASKED; at += 1) {
    const startedAt = performance.now();
    const answer = await work();
    took.push(performance.now() - startedAt);
    if (!isRight(answer)) throw new Error('not the answer');
  }
  return median(took);
}
