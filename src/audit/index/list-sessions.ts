import type { Database } from 'bun:sqlite';
import type { SessionsAsk } from './ask.ts';
import { readSession } from './sessions.ts';
import type { Session, SessionRow } from './sessions.ts';

/** Sessions of a space, the latest first. */
export function listSessions(sqlite: Database, ask: SessionsAsk): readonly Session[] {
  const conditions: readonly (readonly [text: string, value: string | number | undefined])[] = [
    ['session.space = ?', ask.space], ['session.lastAt >= ?', ask.since], ['session.firstAt < ?', ask.until], ['session.lastAt < ?', ask.before],
    ['session.agent = ?', ask.agent], ['session.principal = ?', ask.principal], ['session.context = ?', ask.context],
    ['EXISTS (SELECT 1 FROM visited WHERE visited.space = session.space AND visited.context = session.context AND visited.server = ?)', ask.server],
  ];
  const given = conditions.flatMap(([text, value]) => (value === undefined ? [] : [{ text, value }]));
  const where = [...given.map(({ text }) => text), ...(ask.remarkable === true ? ['(session.denials > 0 OR session.findings > 0)'] : [])].join(' AND ');
  const rows = sqlite.query<SessionRow, (string | number)[]>(`SELECT * FROM session WHERE ${where} ORDER BY session.lastAt DESC LIMIT ?`)
    .all(...given.map(({ value }) => value), ask.limit);
  const visited = sqlite.query<Session['servers'][number], [string, string]>(
    'SELECT server, calls, denials FROM visited WHERE space = ? AND context = ? ORDER BY calls + denials DESC',
  );
  return rows.map((row) => readSession(row, visited.all(row.space, row.context)));
}
