import type { Database } from 'bun:sqlite';
import { SEVERITIES } from '../../domain/finding.ts';
import { CATEGORIES, CONFIDENTIALITIES } from '../../domain/server.ts';
import type { ActivityAnswer, ActivityAsk, Edge, EdgesAnswer, EdgesAsk } from './ask.ts';
import { categoriesOf } from './cells.ts';
import { SUMS } from './outcomes.ts';
import type { Sums } from './outcomes.ts';

const ADDED = SUMS.map((name) => `sum(${name}) AS ${name}`).join(', ');
const NOTHING: Sums = { calls: 0, denials: 0, held: 0, failures: 0, findings: 0 };

export function listActivity(sqlite: Database, ask: ActivityAsk): Omit<ActivityAnswer, 'known' | 'end'> {
  const where = 'FROM activity WHERE space = ? AND unit = ? AND dimension = ? AND start >= ? AND start < ?';
  const values = [ask.space, ask.unit, ask.by ?? '', ask.since, ask.until] as const;
  const named = sqlite.query<Sums & { readonly name: string }, (string | number)[]>(
    `SELECT name, ${ADDED} ${where} GROUP BY name ORDER BY sum(calls + denials + held + failures) DESC, name`,
  ).all(...values);
  const shown = named.slice(0, ask.limit);
  const names = JSON.stringify(shown.map(({ name }) => name));
  const cells = sqlite.query<Sums & { readonly name: string; readonly start: number }, (string | number)[]>(
    `SELECT name, start, ${SUMS.join(', ')} ${where} AND name IN (SELECT value FROM json_each(?)) ORDER BY start`,
  ).all(...values, names);
  const byName = Map.groupBy(cells, ({ name }) => name);
  const rows = shown.map((row) => ({ ...row, cells: (byName.get(row.name) ?? []).map((cell) => [cell.start, ...SUMS.map((name) => cell[name])]) }));
  return { rows, others: named.length - shown.length };
}

interface EdgeName {
  readonly principal: string;
  readonly agent: string;
  readonly server: string;
}

type EdgeRow = Sums & EdgeName & {
  readonly kind: string | null; readonly lastAt: number; readonly severity: number; readonly confidentiality: number; readonly labels: number;
  readonly untrusted: number;
};

const WRONG = '(denials + held + findings)';
const COUNTED = '(calls + denials + held + failures + findings)';

/** Half of the places are for those with most calls, the other half for those with most that went wrong: few calls can be what matters. */
export function listEdges(sqlite: Database, { space, unit, since, limit }: EdgesAsk): Omit<EdgesAnswer, 'known' | 'end'> {
  const within = 'FROM edge WHERE space = ? AND unit = ? AND start >= ?';
  const values = [space, unit, since] as const;
  const most = (of: string, which: string): readonly (EdgeName & { readonly groups: number })[] =>
    sqlite.query<EdgeName & { groups: number }, (string | number)[]>(
      `SELECT principal, agent, server, count(*) OVER () AS groups ${within} AND ${which} > 0
        GROUP BY principal, agent, server ORDER BY sum(${of}) DESC LIMIT ?`,
    ).all(...values, limit);
  const [busiest, wrong] = [most('calls + denials + held', COUNTED), most(WRONG, WRONG)];
  const chosen = new Map([...busiest.slice(0, Math.ceil(limit / 2)), ...wrong.slice(0, Math.floor(limit / 2)), ...busiest]
    .map(({ principal, agent, server }) => [JSON.stringify([principal, agent, server]), { principal, agent, server }]));
  const edges = detailsOf(sqlite, { space, unit, since }, [...chosen.values()].slice(0, limit));
  const sums = SUMS.map((name) => `coalesce(sum(${name}), 0) AS ${name}`).join(', ');
  const all = sqlite.query<Sums, (string | number)[]>(`SELECT ${sums} ${within}`).get(...values);
  return { edges, others: { edges: (busiest[0]?.groups ?? 0) - edges.length, ...edges.reduce<Sums>(minus, all ?? NOTHING) } };
}

function detailsOf(sqlite: Database, { space, unit, since }: Omit<EdgesAsk, 'limit'>, names: readonly EdgeName[]): readonly Edge[] {
  const bits = CATEGORIES.map((_, bit) => `max(labels & ${1 << bit})`).join(' + ');
  const starts = sqlite.query<{ start: number }, (string | number)[]>(
    `WITH RECURSIVE at (start) AS (SELECT min(start) FROM edge WHERE space = ?1 AND unit = ?2 AND start >= ?3
      UNION ALL SELECT (SELECT min(start) FROM edge WHERE space = ?1 AND unit = ?2 AND start > at.start) FROM at WHERE at.start IS NOT NULL)
      SELECT start FROM at WHERE start IS NOT NULL`,
  ).all(space, unit, since).map(({ start }) => start);
  const query = sqlite.query<EdgeRow, (string | number)[]>(
    `SELECT principal, agent, server, max(kind) AS kind, ${ADDED}, max(lastAt) AS lastAt, max(severity) AS severity, max(confidentiality) AS confidentiality,
      ${bits} AS labels, max(untrusted) AS untrusted FROM edge
      WHERE space = ? AND unit = ? AND start IN (SELECT value FROM json_each(?)) AND principal = ? AND agent = ? AND server = ?`,
  );
  const list = JSON.stringify(starts);
  return names.flatMap(({ principal, agent, server }) => {
    const row = query.get(space, unit, list, principal, agent, server);
    return row === null ? [] : [presentEdge(row)];
  });
}

function minus(sums: Sums, less: Sums): Sums {
  return {
    calls: sums.calls - less.calls, denials: sums.denials - less.denials, held: sums.held - less.held, failures: sums.failures - less.failures,
    findings: sums.findings - less.findings,
  };
}

function presentEdge({ kind, severity, confidentiality, labels, untrusted, ...edge }: EdgeRow): Edge {
  const [grave, level] = [SEVERITIES[severity], CONFIDENTIALITIES[confidentiality]];
  return {
    ...edge, ...(kind === null ? {} : { principalKind: kind }), ...(grave === undefined ? {} : { severity: grave }),
    labels: { ...(level === undefined ? {} : { confidentiality: level }), categories: categoriesOf(labels), untrusted: untrusted === 1 },
  };
}
