import type { Database, Statement } from 'bun:sqlite';
import type { FieldName } from '../query/fields.ts';
import type { Row } from '../query/row.ts';
import type { Value } from './database.ts';
import { fieldsAt } from './schema.ts';
import type { Shared } from './schema.ts';

const REMEMBERED_MAX = 20_000;

/** One shared table: what many records say alike, and how many do. */
export class SharedRows {
  readonly #fields: readonly FieldName[];
  readonly #withSpace: boolean;
  readonly #find: Statement<{ id: number }, [string]>;
  readonly #insert: Statement<unknown, Value[]>;
  readonly #count: Statement<unknown, [number, number]>;
  /** Ids by what is said. The older half is forgotten at once. */
  #known = new Map<string, number>();
  #older: ReadonlyMap<string, number> = new Map();
  readonly #added = new Map<number, number>();

  constructor(sqlite: Database, place: Shared) {
    this.#fields = fieldsAt(place);
    this.#withSpace = place === 'who';
    const columns = this.#fields.length + (this.#withSpace ? 1 : 0);
    this.#find = sqlite.query(`SELECT id FROM ${place} WHERE digest = ?`);
    this.#insert = sqlite.query(`INSERT INTO ${place} VALUES (NULL, ?, 0${', ?'.repeat(columns)}) RETURNING id`);
    this.#count = sqlite.query(`UPDATE ${place} SET records = records + ?2 WHERE id = ?1`);
  }

  /** The id of what this record says, which it now says once more. */
  add(row: Row, space: string): number {
    const values: Value[] = this.#fields.map((field) => valueOf(row[field]));
    if (this.#withSpace) values.unshift(space.toWellFormed());
    const text = JSON.stringify(values);
    const id = this.#known.get(text) ?? this.#older.get(text) ?? this.#idOf(text, values);
    this.#remember(text, id);
    this.#added.set(id, (this.#added.get(id) ?? 0) + 1);
    return id;
  }

  /** Writes how often each was said since the last time. */
  flush(): void {
    for (const [id, count] of this.#added) this.#count.run(id, count);
    this.#added.clear();
  }

  /** After rows were deleted, or their addition undone: ids are looked for anew. */
  forget(): void {
    this.#known = new Map();
    this.#older = new Map();
    this.#added.clear();
  }

  #idOf(text: string, values: readonly Value[]): number {
    const digest = Bun.SHA256.hash(text, 'base64url');
    const found = this.#find.get(digest) ?? this.#insert.get(digest, ...values);
    if (typeof found !== 'object' || found === null || !('id' in found) || typeof found.id !== 'number') throw new Error('a row of the index has no id');
    return found.id;
  }

  #remember(text: string, id: number): void {
    if (this.#known.has(text)) return;
    this.#known.set(text, id);
    if (this.#known.size < REMEMBERED_MAX / 2) return;
    this.#older = this.#known;
    this.#known = new Map();
  }
}

function valueOf(value: Row[FieldName]): Value {
  if (value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : value;
}
