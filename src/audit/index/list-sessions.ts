import type { Database } from 'bun:sqlite';
import { LIMITS } from '../../domain/limits.ts';
import type { SessionMark, SessionsAnswer, SessionsAsk } from './ask.ts';
import { readSession } from './sessions.ts';
import type { Session, SessionRow } from './sessions.ts';

type Value = string | number;

interface Part {
  readonly text: string;
  readonly values: readonly Value[];
}

/** In which order they are gone through: an index that holds only what one condition asks for, and in it what bounds the way. */
interface Way {
  readonly from: string;
  /** The index alone, where nothing else is asked. */
  readonly order: string;
  /** The index has these, so that nothing is met that they leave out. */
  readonly on: readonly Part[];
  /** These are asked of each that is met. */
  readonly left: readonly Part[];
  /** Table whose `lastAt` and `context` are the order. */
  readonly table: 'session' | 'visited';
}

/**
 * Sessions of a space, the latest first. What a page costs does not grow with how many there are: the way begins at a place, and
 * after `LIMITS.sessionsLookedAtMax` that do not match it says where to go on.
 */
export function listSessions(sqlite: Database, ask: SessionsAsk): Omit<SessionsAnswer, 'known' | 'end'> {
  const way = wayOf(sqlite, ask);
  const newer = ask.direction === 'newer';
  const order = newer ? 'ASC' : 'DESC';
  const isSkipped = way.left.length === 0 && (ask.offset ?? 0) > 0;
  const asked = ask.mark === undefined ? [] : [markPart(way, newer ? '>' : '<', ask.mark)];
  const skipped = isSkipped ? nthOf(sqlite, way, [...way.on, ...asked], order, (ask.offset ?? 0) - 1) : undefined;
  if (isSkipped && skipped === undefined) return { sessions: [], ...(ask.count === true ? countOf(sqlite, way) : {}) };
  const beyond = skipped === undefined ? asked : [markPart(way, newer ? '>' : '<', skipped)];
  // All that is met matches, or all that there is lies within reach: then there is no such place.
  const reach = way.left.length === 0 ? undefined : nthOf(sqlite, way, [...way.on, ...beyond], order, LIMITS.sessionsLookedAtMax);
  const bound = reach === undefined ? [] : [markPart(way, newer ? '<=' : '>=', reach)];
  const { text, values } = all([...way.on, ...beyond, ...bound, ...way.left]);
  const rows = sqlite.query<SessionRow, Value[]>(
    `SELECT session.* FROM ${way.from} WHERE ${text} ORDER BY ${way.table}.lastAt ${order}, ${way.table}.context ${order} LIMIT ? OFFSET ?`,
  ).all(...values, ask.limit, isSkipped ? 0 : ask.offset ?? 0);
  const last = rows.at(-1);
  const next = rows.length === ask.limit && last !== undefined ? { at: last.lastAt, context: last.context } : reach;
  return {
    sessions: withServers(sqlite, newer ? rows.toReversed() : rows),
    ...(next === undefined ? {} : { next }), ...(ask.count === true ? countOf(sqlite, way) : {}),
  };
}

/** The place of the nth, counted in the index alone. */
function nthOf(sqlite: Database, { order: from, table }: Way, parts: readonly Part[], order: string, nth: number): SessionMark | undefined {
  const { text, values } = all(parts);
  return sqlite.query<SessionMark, Value[]>(
    `SELECT ${table}.lastAt AS at, ${table}.context AS context FROM ${from} WHERE ${text}
      ORDER BY ${table}.lastAt ${order}, ${table}.context ${order} LIMIT 1 OFFSET ?`,
  ).get(...values, nth) ?? undefined;
}

function countOf(sqlite: Database, way: Way): { readonly total: number; readonly totalIsLeast?: true } {
  const within = all(way.on);
  const max = way.left.length === 0 ? LIMITS.sessionsCountedMax : LIMITS.sessionsLookedAtMax * 10;
  const met = `SELECT ${way.left.length === 0 ? '1 AS one' : 'session.*'} FROM ${way.left.length === 0 ? way.order : way.from} WHERE ${within.text}
    ORDER BY ${way.table}.lastAt DESC, ${way.table}.context DESC LIMIT ?`;
  const left = all(way.left.length === 0 ? [{ text: '1', values: [] }] : way.left);
  const { total = 0, seen = 0 } = sqlite.query<{ total: number; seen: number }, Value[]>(
    `SELECT coalesce(sum(${left.text}), 0) AS total, count(*) AS seen FROM (${met}) AS session`,
  ).get(...left.values, ...within.values, max) ?? {};
  return { total, ...(seen === max ? { totalIsLeast: true } : {}) };
}

function wayOf(sqlite: Database, ask: SessionsAsk): Way {
  const { space, since, before, until, context, agent, principal, server, text, remarkable } = ask;
  const table = server === undefined ? 'session' : 'visited';
  const conditions = {
    context: part(`${table}.context = ?`, context), server: part('visited.server = ?', server), principal: part('session.principal = ?', principal),
    agent: part('session.agent = ?', agent), remarkable: remarkable === true ? [{ text: '(session.denials > 0 OR session.findings > 0)', values: [] }] : [],
  };
  const times = [...part(`${table}.lastAt >= ?`, since), ...part(`${table}.lastAt < ?`, before)];
  const others = [...part('session.firstAt < ?', until), ...(text === undefined ? [] : [textPart(sqlite, space, text)])];
  const drivers = ['context', 'server', 'principal', 'agent', 'remarkable'] as const;
  const driver = drivers.find((name) => conditions[name].length > 0);
  const left = drivers.filter((name) => name !== driver).flatMap((name) => conditions[name]);
  const index = driver === undefined || driver === 'server' ? 'session_last' : `session_${driver}`;
  const lone = table === 'visited' ? 'visited INDEXED BY visited_last' : `session${driver === 'context' ? '' : ` INDEXED BY ${index}`}`;
  const from = table === 'visited' ? `${lone} CROSS JOIN session ON session.space = visited.space AND session.context = visited.context` : lone;
  return {
    from, order: lone, table, on: [{ text: `${table}.space = ?`, values: [space] }, ...(driver === undefined ? [] : conditions[driver]), ...times],
    left: [...left, ...others],
  };
}

function part(text: string, value: Value | undefined): readonly Part[] {
  return value === undefined ? [] : [{ text, values: [value] }];
}

function markPart({ table }: Way, operator: '<' | '>' | '<=' | '>=', { at, context }: SessionMark): Part {
  return { text: `(${table}.lastAt, ${table}.context) ${operator} (?, ?)`, values: [at, context] };
}

/** Plain text in names: no pattern of SQLite's. People's names are not looked at: who finds somebody by a name knows who it is. */
function textPart(sqlite: Database, space: string, text: string): Part {
  const needle = text.toLowerCase();
  const [agents, servers] = [namesIn(sqlite, 'session', 'agent', space), namesIn(sqlite, 'visited', 'server', space)]
    .map((names) => names.filter((name) => name.toLowerCase().includes(needle)));
  const parts: readonly Part[] = [
    { text: 'instr(lower(session.context), ?) > 0', values: [needle] },
    ...(agents?.length === 0 ? [] : [{ text: 'session.agent IN (SELECT value FROM json_each(?))', values: [JSON.stringify(agents)] }]),
    ...(servers?.length === 0 ? [] : [{
      text: `EXISTS (SELECT 1 FROM visited AS there WHERE there.space = session.space AND there.context = session.context
        AND there.server IN (SELECT value FROM json_each(?)))`,
      values: [JSON.stringify(servers)],
    }]),
  ];
  return { text: `(${parts.map((one) => one.text).join(' OR ')})`, values: parts.flatMap(({ values }) => values) };
}

/** The different names in an index, from one to the next: few, of however many rows. */
function namesIn(sqlite: Database, table: 'session' | 'visited', column: 'agent' | 'server', space: string): readonly string[] {
  const from = `FROM ${table} INDEXED BY ${table === 'session' ? 'session_agent' : 'visited_last'} WHERE space = ?1`;
  return sqlite.query<{ name: string }, [string, number]>(
    `WITH RECURSIVE named (name) AS (SELECT min(${column}) ${from}
      UNION ALL SELECT (SELECT min(${column}) ${from} AND ${column} > named.name) FROM named WHERE named.name IS NOT NULL LIMIT ?2)
      SELECT name FROM named WHERE name IS NOT NULL`,
  ).all(space, LIMITS.sessionNamesMax).map(({ name }) => name);
}

function all(parts: readonly Part[]): Part {
  return { text: parts.map(({ text }) => text).join(' AND '), values: parts.flatMap(({ values }) => values) };
}

function withServers(sqlite: Database, rows: readonly SessionRow[]): readonly Session[] {
  const visited = sqlite.query<Session['servers'][number], [string, string]>(
    'SELECT server, calls, denials FROM visited WHERE space = ? AND context = ? ORDER BY calls + denials DESC',
  );
  return rows.map((row) => readSession(row, visited.all(row.space, row.context)));
}
