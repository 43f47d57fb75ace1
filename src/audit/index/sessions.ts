import type { Database, Statement } from 'bun:sqlite';
import { CONFIDENTIALITIES } from '../../domain/server.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Row } from '../query/row.ts';
import { categoriesOf, labelBits, numberOf, textOf } from './cells.ts';
import type { Value } from './database.ts';
import { SUMS as COUNTED, sumsOf } from './outcomes.ts';

/** What belongs together as one flow context, in sum. */
export interface Session {
  readonly context: string;
  readonly principal?: string;
  readonly principalKind?: string;
  readonly agent?: string;
  /** Positions and times (epoch ms) of its first and last record. */
  readonly first: number;
  readonly last: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly records: number;
  /** As `Sums` has them. */
  readonly calls: number;
  readonly denials: number;
  readonly held: number;
  readonly failures: number;
  readonly findings: number;
  readonly severity?: string;
  /** The highest that was seen of each. */
  readonly labels: { readonly confidentiality?: string; readonly categories: readonly string[]; readonly untrusted: boolean };
  readonly servers: readonly { readonly server: string; readonly calls: number; readonly denials: number }[];
}

/** Numbers that add up, and numbers of which the highest stays. */
const SUMS = ['records', ...COUNTED] as const;
type Sum = (typeof SUMS)[number];
type Tally = { -readonly [Name in Sum]: number } & {
  first: number; last: number; firstAt: number; lastAt: number; severity: number; confidentiality: number; labels: number; untrusted: number;
  readonly row: Row; readonly space: string; readonly servers: Map<string, { calls: number; denials: number }>;
};

const UPSERT = `INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (space, context) DO UPDATE SET
    principal = coalesce(excluded.principal, principal), kind = coalesce(excluded.kind, kind), agent = coalesce(excluded.agent, agent),
    first = min(first, excluded.first), last = max(last, excluded.last), firstAt = min(firstAt, excluded.firstAt), lastAt = max(lastAt, excluded.lastAt),
    ${SUMS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')},
    severity = max(severity, excluded.severity), confidentiality = max(confidentiality, excluded.confidentiality),
    labels = labels | excluded.labels, untrusted = max(untrusted, excluded.untrusted)
  RETURNING lastAt`;
const UPSERT_SERVER = `INSERT INTO visited VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (space, context, server) DO UPDATE SET calls = calls + excluded.calls, denials = denials + excluded.denials,
    lastAt = max(lastAt, excluded.lastAt)`;
/** Each server of a session knows when the session was heard last: those of one server are listed in that order. */
const HEARD = 'UPDATE visited SET lastAt = ?1 WHERE space = ?2 AND context = ?3 AND lastAt < ?1';

/** Sums up records by their context; what one batch adds is written at once. */
export class SessionSums {
  readonly #upsert: Statement<{ readonly lastAt: number }, Value[]>;
  readonly #upsertServer: Statement<unknown, Value[]>;
  readonly #heard: Statement<unknown, [number, string, string]>;
  readonly #tallies = new Map<string, Tally>();

  constructor(sqlite: Database) {
    this.#upsert = sqlite.query(UPSERT);
    this.#upsertServer = sqlite.query(UPSERT_SERVER);
    this.#heard = sqlite.query(HEARD);
  }

  add(row: Row, space: string): void {
    const { context } = row;
    if (typeof context !== 'string') return;
    const key = JSON.stringify([space, context]);
    const tally = this.#tallies.get(key) ?? beginTally(row, space);
    this.#tallies.set(key, tally);
    addTo(tally, row);
  }

  flush(): void {
    for (const tally of this.#tallies.values()) {
      const { row, space, first, last, firstAt, lastAt, severity, confidentiality, labels, untrusted } = tally;
      const [context, principal, kind, agent] = [row.context, row.principal, row.kind, row.agent].map(textOf);
      const heard = this.#upsert.get(
        space, context ?? '', principal ?? null, kind ?? null, agent ?? null, first, last, firstAt, lastAt,
        ...SUMS.map((name) => tally[name]), severity, confidentiality, labels, untrusted,
      );
      for (const [server, of] of tally.servers) this.#upsertServer.run(space, context ?? '', server, of.calls, of.denials, lastAt);
      this.#heard.run(heard?.lastAt ?? lastAt, space, context ?? '');
    }
    this.#tallies.clear();
  }

  forget(): void {
    this.#tallies.clear();
  }
}

function beginTally(row: Row, space: string): Tally {
  return {
    row, space, first: Number.MAX_SAFE_INTEGER, last: 0, firstAt: Number.MAX_SAFE_INTEGER, lastAt: 0, records: 0, calls: 0, denials: 0, held: 0, failures: 0,
    findings: 0, severity: -1, confidentiality: -1, labels: 0, untrusted: 0, servers: new Map(),
  };
}

function addTo(tally: Tally, row: Row): void {
  const [position, at, sums] = [numberOf(row.position), numberOf(row.at), sumsOf(row)];
  tally.records += 1;
  for (const name of COUNTED) tally[name] += sums[name];
  [tally.first, tally.last] = [Math.min(tally.first, position), Math.max(tally.last, position)];
  [tally.firstAt, tally.lastAt] = [Math.min(tally.firstAt, at), Math.max(tally.lastAt, at)];
  tally.severity = Math.max(tally.severity, numberOf(row.severity ?? -1));
  tally.confidentiality = Math.max(tally.confidentiality, numberOf(row.confidentiality ?? -1));
  tally.labels |= labelBits(row);
  if (row.integrity === 'untrusted') tally.untrusted = 1;
  const { server } = row;
  if (typeof server !== 'string') return;
  const of = tally.servers.get(server) ?? { calls: 0, denials: 0 };
  tally.servers.set(server, { calls: of.calls + sums.calls, denials: of.denials + sums.denials });
}

export interface SessionRow {
  readonly space: string; readonly context: string; readonly principal: string | null; readonly kind: string | null; readonly agent: string | null;
  readonly first: number; readonly last: number; readonly firstAt: number; readonly lastAt: number; readonly records: number; readonly calls: number;
  readonly denials: number; readonly held: number; readonly failures: number; readonly findings: number; readonly severity: number;
  readonly confidentiality: number; readonly labels: number; readonly untrusted: number;
}

export function readSession(row: SessionRow, servers: Session['servers']): Session {
  const { context, principal, kind, agent, first, last, firstAt, lastAt, records, calls, denials, held, failures, findings } = row;
  const [severity, confidentiality] = [SEVERITIES[row.severity], CONFIDENTIALITIES[row.confidentiality]];
  return {
    context, first, last, firstAt, lastAt, records, calls, denials, held, failures, findings, servers,
    ...(principal === null ? {} : { principal }), ...(kind === null ? {} : { principalKind: kind }), ...(agent === null ? {} : { agent }),
    ...(severity === undefined ? {} : { severity }),
    labels: {
      ...(confidentiality === undefined ? {} : { confidentiality }),
      categories: categoriesOf(row.labels), untrusted: row.untrusted === 1,
    },
  };
}
