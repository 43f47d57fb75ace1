import type { Database, Statement } from 'bun:sqlite';
import { CATEGORIES, CONFIDENTIALITIES } from '../../domain/server.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { TRANSPORT_METHODS } from '../../domain/message.ts';
import type { Row } from '../query/row.ts';
import type { Value } from './database.ts';

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
  /** Tools, prompts and resources that were permitted. */
  readonly calls: number;
  /** What policy, a switch or the gate refused, in either direction. */
  readonly denials: number;
  /** What failed, was cancelled, or has an unknown outcome; a stream of a transport that its client closes is none of it. */
  readonly failures: number;
  readonly findings: number;
  readonly severity?: string;
  /** The highest that was seen of each. */
  readonly labels: { readonly confidentiality?: string; readonly categories: readonly string[]; readonly untrusted: boolean };
  readonly servers: readonly { readonly server: string; readonly calls: number; readonly denials: number }[];
}

/** Numbers that add up, and numbers of which the highest stays. */
const SUMS = ['records', 'calls', 'denials', 'failures', 'findings'] as const;
type Sum = (typeof SUMS)[number];
type Tally = { -readonly [Name in Sum]: number } & {
  first: number; last: number; firstAt: number; lastAt: number; severity: number; confidentiality: number; labels: number; untrusted: number;
  readonly row: Row; readonly space: string; readonly servers: Map<string, { calls: number; denials: number }>;
};

const USES: ReadonlySet<string> = new Set(['call_tool', 'get_prompt', 'read_resource']);
const DENIED: ReadonlySet<string> = new Set(['call.denied', 'call.refused', 'message.denied', 'result.withheld']);
const FAILED: ReadonlySet<string> = new Set(['call.failed', 'call.cancelled', 'call.unknown']);

const UPSERT = `INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (space, context) DO UPDATE SET
    principal = coalesce(excluded.principal, principal), kind = coalesce(excluded.kind, kind), agent = coalesce(excluded.agent, agent),
    first = min(first, excluded.first), last = max(last, excluded.last), firstAt = min(firstAt, excluded.firstAt), lastAt = max(lastAt, excluded.lastAt),
    ${SUMS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')},
    severity = max(severity, excluded.severity), confidentiality = max(confidentiality, excluded.confidentiality),
    labels = labels | excluded.labels, untrusted = max(untrusted, excluded.untrusted)`;
const UPSERT_SERVER = `INSERT INTO visited VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (space, context, server) DO UPDATE SET calls = calls + excluded.calls, denials = denials + excluded.denials`;

/** Sums up records by their context; what one batch adds is written at once. */
export class SessionSums {
  readonly #upsert: Statement<unknown, Value[]>;
  readonly #upsertServer: Statement<unknown, Value[]>;
  readonly #tallies = new Map<string, Tally>();

  constructor(sqlite: Database) {
    this.#upsert = sqlite.query(UPSERT);
    this.#upsertServer = sqlite.query(UPSERT_SERVER);
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
      const { row, space, first, last, firstAt, lastAt, records, calls, denials, failures, findings, severity, confidentiality, labels, untrusted } = tally;
      const [context, principal, kind, agent] = [row.context, row.principal, row.kind, row.agent].map(textOf);
      this.#upsert.run(
        space, context ?? '', principal ?? null, kind ?? null, agent ?? null, first, last, firstAt, lastAt, records, calls, denials, failures, findings,
        severity, confidentiality, labels, untrusted,
      );
      for (const [server, of] of tally.servers) this.#upsertServer.run(space, context ?? '', server, of.calls, of.denials);
    }
    this.#tallies.clear();
  }

  forget(): void {
    this.#tallies.clear();
  }
}

function beginTally(row: Row, space: string): Tally {
  return {
    row, space, first: Number.MAX_SAFE_INTEGER, last: 0, firstAt: Number.MAX_SAFE_INTEGER, lastAt: 0, records: 0, calls: 0, denials: 0, failures: 0,
    findings: 0, severity: -1, confidentiality: -1, labels: 0, untrusted: 0, servers: new Map(),
  };
}

function addTo(tally: Tally, row: Row): void {
  const [position, at, event] = [numberOf(row.position), numberOf(row.at), textOf(row.event) ?? ''];
  const call = event === 'call.permitted' && USES.has(textOf(row.action) ?? '') ? 1 : 0;
  const denial = DENIED.has(event) ? 1 : 0;
  tally.records += 1;
  tally.calls += call;
  tally.denials += denial;
  tally.failures += FAILED.has(event) && row.method !== TRANSPORT_METHODS.stream ? 1 : 0;
  tally.findings += typeof row.finding === 'object' ? row.finding.length : 0;
  [tally.first, tally.last] = [Math.min(tally.first, position), Math.max(tally.last, position)];
  [tally.firstAt, tally.lastAt] = [Math.min(tally.firstAt, at), Math.max(tally.lastAt, at)];
  tally.severity = Math.max(tally.severity, numberOf(row.severity ?? -1));
  tally.confidentiality = Math.max(tally.confidentiality, numberOf(row.confidentiality ?? -1));
  for (const label of typeof row.label === 'object' ? row.label : []) tally.labels |= 1 << Math.max(0, CATEGORIES.findIndex((one) => one === label));
  if (row.integrity === 'untrusted') tally.untrusted = 1;
  const { server } = row;
  if (typeof server !== 'string') return;
  const of = tally.servers.get(server) ?? { calls: 0, denials: 0 };
  tally.servers.set(server, { calls: of.calls + call, denials: of.denials + denial });
}

export interface SessionRow {
  readonly space: string; readonly context: string; readonly principal: string | null; readonly kind: string | null; readonly agent: string | null;
  readonly first: number; readonly last: number; readonly firstAt: number; readonly lastAt: number; readonly records: number; readonly calls: number;
  readonly denials: number; readonly failures: number; readonly findings: number; readonly severity: number; readonly confidentiality: number;
  readonly labels: number; readonly untrusted: number;
}

export function readSession(row: SessionRow, servers: Session['servers']): Session {
  const { context, principal, kind, agent, first, last, firstAt, lastAt, records, calls, denials, failures, findings } = row;
  const [severity, confidentiality] = [SEVERITIES[row.severity], CONFIDENTIALITIES[row.confidentiality]];
  return {
    context, first, last, firstAt, lastAt, records, calls, denials, failures, findings, servers,
    ...(principal === null ? {} : { principal }), ...(kind === null ? {} : { principalKind: kind }), ...(agent === null ? {} : { agent }),
    ...(severity === undefined ? {} : { severity }),
    labels: {
      ...(confidentiality === undefined ? {} : { confidentiality }),
      categories: CATEGORIES.filter((_, bit) => (row.labels & (1 << bit)) !== 0), untrusted: row.untrusted === 1,
    },
  };
}

function textOf(value: Row[keyof Row]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: Row[keyof Row]): number {
  return typeof value === 'number' ? value : 0;
}
