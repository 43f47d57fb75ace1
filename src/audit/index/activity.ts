import type { Database, Statement } from 'bun:sqlite';
import { LIMITS } from '../../domain/limits.ts';
import type { Row } from '../query/row.ts';
import type { Value } from './database.ts';
import { labelBits, numberOf, textOf } from './cells.ts';
import { SUMS, sumsOf } from './outcomes.ts';
import type { Sum, Sums } from './outcomes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Of what sums by time are kept, and for how long: the finer, the shorter. */
const UNITS = [
  { unit: 'minute', ms: MINUTE_MS, keptMs: LIMITS.activityMinutesKeptMs },
  { unit: 'hour', ms: HOUR_MS, keptMs: LIMITS.activityHoursKeptMs },
] as const;
const EDGE_UNITS = [
  { unit: 'hour', ms: HOUR_MS, keptMs: LIMITS.edgeHoursKeptMs },
  { unit: 'day', ms: DAY_MS, keptMs: LIMITS.activityHoursKeptMs },
] as const;

type Tally = { -readonly [Name in Sum]: number };

/** What one caller did at one server in one minute. */
interface Done extends Tally {
  readonly space: string; readonly minute: number; readonly principal: string; readonly agent: string; readonly server: string;
  kind: string | undefined; severity: number; confidentiality: number; labels: number; untrusted: number; lastAt: number;
}

const ADDED = SUMS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ');
const ADD = `INSERT INTO activity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (space, unit, dimension, start, name) DO UPDATE SET ${ADDED}`;
const ADD_EDGE = `INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (space, unit, start, principal, agent, server) DO UPDATE SET ${ADDED}, kind = coalesce(excluded.kind, kind),
    severity = max(severity, excluded.severity),
    confidentiality = max(confidentiality, excluded.confidentiality), labels = labels | excluded.labels, untrusted = max(untrusted, excluded.untrusted),
    lastAt = max(lastAt, excluded.lastAt)`;

/**
 * Sums up records by time, agent and server, and by who calls which server: what maps and charts are drawn from, without a look
 * at any record. What one batch adds is written at once.
 */
export class ActivitySums {
  readonly #sqlite: Database;
  readonly #add: Statement<unknown, Value[]>;
  readonly #addEdge: Statement<unknown, Value[]>;
  readonly #done = new Map<string, Done>();
  #latest = 0;
  /** Beginning of the hour in which what is too old was removed last. */
  #swept = 0;

  constructor(sqlite: Database) {
    this.#sqlite = sqlite;
    this.#add = sqlite.query(ADD);
    this.#addEdge = sqlite.query(ADD_EDGE);
  }

  add(row: Row, space: string): void {
    const sums = sumsOf(row);
    const at = numberOf(row.at);
    this.#latest = Math.max(this.#latest, at);
    // What came back says what was carried; it counts as no call of its own.
    if (row.confidentiality === undefined && row.integrity === undefined && !SUMS.some((name) => sums[name] > 0)) return;
    const [principal, agent, server, minute] = [textOf(row.principal) ?? '', textOf(row.agent) ?? '', textOf(row.server) ?? '', startOf(at, MINUTE_MS)];
    const key = JSON.stringify([space, minute, principal, agent, server]);
    const done = this.#done.get(key) ?? {
      space, minute, principal, agent, server, kind: undefined, calls: 0, denials: 0, held: 0, failures: 0, findings: 0, severity: -1,
      confidentiality: -1, labels: 0, untrusted: 0, lastAt: 0,
    };
    this.#done.set(key, done);
    addSums(done, sums);
    done.kind = textOf(row.kind) ?? done.kind;
    done.severity = Math.max(done.severity, numberOf(row.severity ?? -1));
    done.confidentiality = Math.max(done.confidentiality, numberOf(row.confidentiality ?? -1));
    done.labels |= labelBits(row);
    if (row.integrity === 'untrusted') done.untrusted = 1;
    done.lastAt = Math.max(done.lastAt, at);
  }

  flush(): void {
    const tallies = new Map<string, { readonly key: readonly Value[]; readonly sums: Tally }>();
    for (const done of this.#done.values()) {
      if (SUMS.some((name) => done[name] > 0)) for (const key of keysOf(done, done.minute)) addTo(tallies, key, done);
    }
    for (const { key, sums } of tallies.values()) this.#add.run(...key, ...SUMS.map((name) => sums[name]));
    for (const done of this.#done.values()) {
      if (done.server === '') continue;
      const { kind = null, severity, confidentiality, labels, untrusted, lastAt } = done;
      for (const key of edgeKeysOf(done, done.minute)) {
        this.#addEdge.run(...key, kind, ...SUMS.map((name) => done[name]), severity, confidentiality, labels, untrusted, lastAt);
      }
    }
    this.forget();
    this.#sweep();
  }

  forget(): void {
    this.#done.clear();
  }

  #sweep(): void {
    const hour = startOf(this.#latest, HOUR_MS);
    if (hour <= this.#swept) return;
    this.#swept = hour;
    for (const { unit, keptMs } of UNITS) this.#sqlite.query('DELETE FROM activity WHERE unit = ? AND start < ?').run(unit, hour - keptMs);
    for (const { unit, keptMs } of EDGE_UNITS) this.#sqlite.query('DELETE FROM edge WHERE unit = ? AND start < ?').run(unit, hour - keptMs);
  }
}

type Who = Pick<Done, 'space' | 'principal' | 'agent' | 'server'>;

function startOf(at: number, ms: number): number {
  return at - (at % ms);
}

/** Rows of `activity` that something is counted in. */
function keysOf({ space, agent, server }: Who, at: number): readonly (readonly Value[])[] {
  return UNITS.flatMap(({ unit, ms }) => {
    const start = startOf(at, ms);
    return [
      [space, unit, '', start, ''], ...(agent === '' ? [] : [[space, unit, 'agent', start, agent]]),
      ...(server === '' ? [] : [[space, unit, 'server', start, server]]),
    ];
  });
}

function edgeKeysOf({ space, principal, agent, server }: Who, at: number): readonly (readonly Value[])[] {
  return EDGE_UNITS.map(({ unit, ms }) => [space, unit, startOf(at, ms), principal, agent, server]);
}

function addTo(tallies: Map<string, { readonly key: readonly Value[]; readonly sums: Tally }>, key: readonly Value[], sums: Sums): void {
  const name = JSON.stringify(key);
  const known = tallies.get(name);
  if (known === undefined) tallies.set(name, { key, sums: { ...sums } });
  else addSums(known.sums, sums);
}

function addSums(tally: Tally, more: Sums): void {
  for (const name of SUMS) tally[name] += more[name];
}

interface Said {
  readonly space: string; readonly at: number; readonly event: string | null; readonly action: string | null; readonly method: string | null;
  readonly finding: string | null; readonly principal: string | null; readonly agent: string | null; readonly server: string | null;
}

const LESS = SUMS.map((name) => `${name} = max(0, ${name} - ?)`).join(', ');

/**
 * Takes what records have added out of the sums again, before they are forgotten; who is in no other record of a time is not named
 * there any more. What was carried at most stays said.
 */
export function takeBack(sqlite: Database, positions: string): void {
  const rows = sqlite.query<Said, [string]>(
    `SELECT who.space, record.at, how.event, what.action, what.method, how.finding, who.principal, who.agent, what.server
      FROM record CROSS JOIN who ON who.id = record.who CROSS JOIN what ON what.id = record.what CROSS JOIN how ON how.id = record.how
      WHERE record.position IN (SELECT value FROM json_each(?))`,
  ).all(positions);
  const less = sqlite.query(`UPDATE activity SET ${LESS} WHERE space = ? AND unit = ? AND dimension = ? AND start = ? AND name = ?`);
  const lessEdge = sqlite.query(`UPDATE edge SET ${LESS} WHERE space = ? AND unit = ? AND start = ? AND principal = ? AND agent = ? AND server = ?`);
  for (const { space, at, principal, agent, server, event, action, method, finding } of rows) {
    const found: readonly string[] | undefined = finding === null ? undefined : JSON.parse(finding);
    const sums = sumsOf({ event: event ?? undefined, action: action ?? undefined, method: method ?? undefined, finding: found });
    const values = SUMS.map((name) => sums[name]);
    const who = { space, principal: principal ?? '', agent: agent ?? '', server: server ?? '' };
    for (const key of keysOf(who, at)) less.run(...values, ...key);
    for (const key of edgeKeysOf(who, at)) lessEdge.run(...values, ...key);
  }
  const none = SUMS.map((name) => `${name} = 0`).join(' AND ');
  for (const table of ['activity', 'edge']) sqlite.run(`DELETE FROM ${table} WHERE ${none}`);
}
