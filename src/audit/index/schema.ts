import { FIELDS, fieldOf, isField } from '../query/fields.ts';
import type { FieldName, Place } from '../query/fields.ts';

/** Changes whenever what is kept changes: an index of another version is made anew. */
export const INDEX_VERSION = 2;

/** Positions whose earliest and latest time are kept together, so that a search by time reads only where it may find something. */
export const BLOCK = 4096;

/** What many records say alike is kept once, with how many say it. */
export const SHARED = ['who', 'what', 'how'] as const satisfies readonly Place[];
export type Shared = (typeof SHARED)[number];

/** The fields that one place keeps, in the order of its columns. */
export function fieldsAt(place: Place): readonly FieldName[] {
  return Object.keys(FIELDS).filter(isField).filter((name) => fieldOf(name).place === place);
}

/** Columns of a shared table before its fields. `space` stands with who: everyone belongs to one. */
function columnsOf(place: Shared): string {
  return [...(place === 'who' ? ['space'] : []), ...fieldsAt(place)].map((name) => `"${name}"`).join(', ');
}

export const SCHEMA: readonly string[] = [
  `CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER, next INTEGER, segment INTEGER, "offset" INTEGER,
    leaf TEXT, leafOffset INTEGER)`,
  ...SHARED.map((place) => `CREATE TABLE ${place} (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, records INTEGER NOT NULL, ${columnsOf(place)})`),
  `CREATE TABLE record (position INTEGER PRIMARY KEY, "offset" INTEGER NOT NULL, at INTEGER, who INTEGER NOT NULL, what INTEGER NOT NULL,
    how INTEGER NOT NULL, exchange INTEGER, trace INTEGER, latency INTEGER, size INTEGER)`,
  ...SHARED.map((place) => `CREATE INDEX record_${place} ON record (${place})`),
  'CREATE INDEX record_exchange ON record (exchange) WHERE exchange IS NOT NULL',
  'CREATE TABLE block (block INTEGER PRIMARY KEY, earliest INTEGER, latest INTEGER)',
  'CREATE TABLE damage (segment INTEGER, "offset" INTEGER, position INTEGER, PRIMARY KEY (segment, "offset")) WITHOUT ROWID',
  `CREATE TABLE session (space TEXT, context TEXT, principal TEXT, kind TEXT, agent TEXT, first INTEGER, last INTEGER, firstAt INTEGER, lastAt INTEGER,
    records INTEGER, calls INTEGER, denials INTEGER, held INTEGER, failures INTEGER, findings INTEGER, severity INTEGER, confidentiality INTEGER,
    labels INTEGER, untrusted INTEGER, PRIMARY KEY (space, context)) WITHOUT ROWID`,
  // Each ends with the context, as every index of such a table does: the order of sessions that were heard at one time is settled.
  'CREATE INDEX session_last ON session (space, lastAt)',
  'CREATE INDEX session_agent ON session (space, agent, lastAt)',
  'CREATE INDEX session_principal ON session (space, principal, lastAt)',
  'CREATE INDEX session_remarkable ON session (space, lastAt) WHERE (denials > 0 OR findings > 0)',
  `CREATE TABLE visited (space TEXT, context TEXT, server TEXT, calls INTEGER, denials INTEGER, lastAt INTEGER,
    PRIMARY KEY (space, context, server)) WITHOUT ROWID`,
  'CREATE INDEX visited_last ON visited (space, server, lastAt)',
  `CREATE TABLE activity (space TEXT, unit TEXT, dimension TEXT, start INTEGER, name TEXT, calls INTEGER, denials INTEGER, held INTEGER,
    failures INTEGER, findings INTEGER, PRIMARY KEY (space, unit, dimension, start, name)) WITHOUT ROWID`,
  `CREATE TABLE edge (space TEXT, unit TEXT, start INTEGER, principal TEXT, agent TEXT, server TEXT, kind TEXT, calls INTEGER, denials INTEGER, held INTEGER,
    failures INTEGER, findings INTEGER, severity INTEGER, confidentiality INTEGER, labels INTEGER, untrusted INTEGER, lastAt INTEGER,
    PRIMARY KEY (space, unit, start, principal, agent, server)) WITHOUT ROWID`,
];
