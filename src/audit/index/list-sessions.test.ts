import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { rowOf } from '../query/row.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { ActivitySums, takeBack } from './activity.ts';
import type { SessionMark, SessionsAsk } from './ask.ts';
import { listActivity, listEdges } from './list-activity.ts';
import { listSessions } from './list-sessions.ts';
import { SCHEMA } from './schema.ts';
import { SessionSums } from './sessions.ts';

const HOUR = 3_600_000;
const NOW = 500_000 * HOUR;
const SESSIONS = 30_000;

let sqlite: Database;

beforeAll(() => {
  sqlite = new Database(':memory:', { strict: true });
  for (const statement of SCHEMA) sqlite.run(statement);
  const [sums, activity] = [new SessionSums(sqlite), new ActivitySums(sqlite)];
  sqlite.run('BEGIN');
  for (let nth = 0; nth < SESSIONS; nth += 1) {
    const row = rowOf({ position: nth, role: 'gateway', record: record(nth) });
    sums.add(row, 'default');
    activity.add(row, 'default');
  }
  sums.flush();
  activity.flush();
  sqlite.run('COMMIT');
});

afterAll(() => sqlite.close());

/** Two sessions a time; one of 100 is denied, one agent in ten thousand is rare, and one server is only in the oldest. */
function record(nth: number): JournalRecord {
  const denied = nth % 100 === 7;
  return {
    id: Bun.randomUUIDv7(), at: NOW - (SESSIONS - (nth - (nth % 2))) * 1000, category: 'access', event: denied ? 'call.denied' : 'call.permitted',
    node: 'gateway', space: 'default', exchange: `e${nth}`, context: contextOf(nth), principal: `https://idp|p${nth % 500}`, principalKind: 'person',
    agent: nth % 10_000 === 9_999 ? 'rare' : `agent-${nth % 20}`, server: nth < 50 ? 'Ancient' : `server-${nth % 30}`, tool: 't', action: 'call_tool',
    ...(nth % 1000 === 3 ? { labels: { confidentiality: 'restricted', categories: ['pii'], integrity: 'untrusted' } as const } : {}),
  };
}

function contextOf(nth: number): string {
  return `c${String((nth * 7_919) % 100_003).padStart(6, '0')}`;
}

function list(ask: Partial<SessionsAsk>): ReturnType<typeof listSessions> {
  return listSessions(sqlite, { space: 'default', limit: 100, ...ask });
}

function collect(ask: Partial<SessionsAsk>): readonly string[] {
  const found: string[] = [];
  for (let mark: SessionMark | undefined; ;) {
    const { sessions, next } = list({ ...ask, ...(mark && { mark }) });
    found.push(...sessions.map(({ context }) => context));
    if (next === undefined) return found;
    mark = next;
  }
}

/** As the list must say it: the latest first, those of one time by their context. */
function wanted(holds: (nth: number) => boolean): readonly string[] {
  const all = Array.from({ length: SESSIONS }, (_, nth) => nth).filter(holds).map((nth) => ({ at: record(nth).at, context: contextOf(nth) }));
  return all.toSorted((one, other) => other.at - one.at || (one.context < other.context ? 1 : -1)).map(({ context }) => context);
}

describe('a list of sessions', () => {
  test('shows each once, page by page, whatever is asked for', () => {
    expect(collect({ limit: 1000 })).toEqual(wanted(() => true));
    expect(collect({ agent: 'agent-3' })).toEqual(wanted((nth) => nth % 20 === 3));
    expect(collect({ principal: 'https://idp|p77' })).toEqual(wanted((nth) => nth % 500 === 77));
    expect(collect({ server: 'server-12' })).toEqual(wanted((nth) => nth >= 50 && nth % 30 === 12));
    expect(collect({ remarkable: true })).toEqual(wanted((nth) => nth % 100 === 7));
    expect(collect({ remarkable: true, server: 'server-7', agent: 'agent-7' })).toEqual(wanted((nth) => nth >= 50 && nth % 300 === 7));
    expect(collect({ text: 'ancIENT' })).toEqual(wanted((nth) => nth < 50));
    expect(collect({ text: contextOf(123) })).toEqual([contextOf(123)]);
    expect(collect({ text: '%' })).toEqual([]);
    const times = { since: NOW - 1_000_000, until: NOW - 990_000 };
    expect(collect(times)).toEqual(wanted((nth) => record(nth).at >= times.since && record(nth).at < times.until));
  });

  test('goes back to what is newer, and leaves out what is asked to be left out', () => {
    const all = wanted(() => true);
    const far = list({ offset: 20_000, limit: 10 });
    expect(far.sessions.map(({ context }) => context)).toEqual(all.slice(20_000, 20_010));
    const [first] = far.sessions;
    const newer = list({ mark: { at: first?.lastAt ?? 0, context: first?.context ?? '' }, direction: 'newer', limit: 10 });
    expect(newer.sessions.map(({ context }) => context)).toEqual(all.slice(19_990, 20_000));
  });

  test('counts what matches', () => {
    expect(list({ count: true }).total).toBe(SESSIONS);
    expect(list({ count: true, agent: 'rare' }).total).toBe(3);
    expect(list({ count: true, text: 'rare' }).total).toBe(3);
    expect(list({ count: true, server: 'server-7', remarkable: true }).total).toBe(wanted((nth) => nth >= 50 && nth % 30 === 7 && nth % 100 === 7).length);
  });

  test('looks at no more than a page may cost, and says where to go on', () => {
    const first = list({ text: 'ancient' });
    expect(first.sessions).toEqual([]);
    expect(first.next).toBeDefined();
  });
});

describe('sums of activity', () => {
  const since = NOW - 10 * HOUR;
  const ask = { space: 'default', unit: 'hour', since, until: NOW + HOUR, limit: 5 } as const;

  test('say by hour what was done, in all and by server, and count those that are not shown', () => {
    const { rows: [all] } = listActivity(sqlite, ask);
    expect(all).toMatchObject({ calls: SESSIONS - 300, denials: 300 });
    expect(all?.cells.reduce((sum, [, calls = 0]) => sum + calls, 0)).toBe(SESSIONS - 300);
    const byServer = listActivity(sqlite, { ...ask, by: 'server' });
    expect(byServer.rows).toHaveLength(5);
    expect(byServer.others).toBe(26);
  });

  test('say who called which server, the busiest and the most refused, with what was carried at most', () => {
    const { edges, others } = listEdges(sqlite, { space: 'default', unit: 'hour', since, limit: 20 });
    expect(edges).toHaveLength(20);
    expect(edges.filter(({ denials }) => denials > 0).length).toBeGreaterThanOrEqual(10);
    expect([...edges, others].reduce((sum, { calls, denials }) => sum + calls + denials, 0)).toBe(SESSIONS);
    const all = listEdges(sqlite, { space: 'default', unit: 'day', since: 0, limit: 10_000 }).edges;
    const untrusted = all.flatMap(({ labels }) => (labels.untrusted ? [`${labels.confidentiality} ${labels.categories.join()}`] : []));
    expect(new Set(untrusted)).toEqual(new Set(['restricted pii']));
  });

  test('lose what was erased, with every name that nothing else has', () => {
    const own = new Database(':memory:', { strict: true });
    for (const statement of SCHEMA) own.run(statement);
    own.run(`INSERT INTO who (id, digest, records, space, context, principal, kind, agent)
      VALUES (1, 'a', 1, 'default', 'c', 'https://idp|eve', 'person', 'desk')`);
    own.run(`INSERT INTO what (id, digest, records, action, server) VALUES (1, 'a', 1, 'call_tool', 'crm')`);
    own.run(`INSERT INTO how (id, digest, records, event, finding) VALUES (1, 'a', 1, 'call.permitted', '["a/b"]')`);
    own.run('INSERT INTO record (position, "offset", at, who, what, how) VALUES (4, 0, ?, 1, 1, 1)', [NOW]);
    const sums = new ActivitySums(own);
    const said = { ...record(0), at: NOW, agent: 'desk', server: 'crm', findings: [{ detector: 'a', rule: 'b', severity: 'low' as const, at: [] }] };
    sums.add(rowOf({ position: 4, role: 'gateway', record: { ...said, principal: 'https://idp|eve' } }), 'default');
    sums.add(rowOf({ position: 5, role: 'gateway', record: { ...said, principal: 'https://idp|bob' } }), 'default');
    sums.flush();
    takeBack(own, '[4]');
    expect(own.query<{ left: number }, []>(`SELECT count(*) AS left FROM edge WHERE principal = 'https://idp|eve'`).get()?.left).toBe(0);
    expect(listEdges(own, { space: 'default', unit: 'day', since: 0, limit: 10 }).edges.map(({ principal }) => principal)).toEqual(['https://idp|bob']);
    expect(listActivity(own, { ...ask, by: 'agent' }).rows).toMatchObject([{ name: 'desk', calls: 1, findings: 1 }]);
    own.close();
  });

  test('are kept no longer than they are for', () => {
    const own = new Database(':memory:', { strict: true });
    for (const statement of SCHEMA) own.run(statement);
    const sums = new ActivitySums(own);
    for (const at of [NOW - 10 * HOUR, NOW]) {
      sums.add(rowOf({ position: 0, role: 'gateway', record: { ...record(0), at } }), 'default');
      sums.flush();
    }
    const { rows: [minutes] } = listActivity(own, { ...ask, unit: 'minute', since: 0 });
    const { rows: [hours] } = listActivity(own, { ...ask, since: 0 });
    expect([minutes?.calls, hours?.calls]).toEqual([1, 2]);
    own.close();
  });
});
