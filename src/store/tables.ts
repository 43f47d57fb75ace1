/** A table as backups carry it. `key` orders it; columns of `numbers` are integers, all others text. */
export interface BackedTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly numbers: readonly string[];
  /** How many rows are held at once. */
  readonly atOnce: number;
}

/** Every table of the store but `state`: sessions, counters and single-use marks must not come back to life (ADR 0023). */
export const BACKED_TABLES: readonly BackedTable[] = [
  { name: 'resource', columns: ['kind', 'space', 'id', 'body', 'version', 'updated_at', 'updated_by'], key: ['kind', 'space', 'id'],
    numbers: ['version', 'updated_at'], atOnce: 200 },
  { name: 'counter', columns: ['name', 'value'], key: ['name'], numbers: ['value'], atOnce: 200 },
  { name: 'snapshot', columns: ['version', 'bytes', 'signature', 'created_at'], key: ['version'], numbers: ['version', 'created_at'], atOnce: 4 },
  { name: 'configuration_version', columns: ['number', 'statement', 'signature', 'content'], key: ['number'], numbers: ['number'], atOnce: 50 },
  { name: 'flow_entry', columns: ['space', 'context', 'generation', 'position', 'body'], key: ['space', 'context', 'generation', 'position'],
    numbers: ['generation', 'position'], atOnce: 500 },
];
