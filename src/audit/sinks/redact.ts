import { CryptoHasher } from 'bun';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';

const HASH_CHARS = 32;

/** What a sink may not have of a record. */
export interface Redaction {
  readonly drop: readonly string[];
  readonly hash: readonly string[];
}

/** `key`: of the installation, so that nobody at the destination can find a value by trying. */
export function createRedactor({ drop, hash }: Redaction, key: Uint8Array): (record: JsonObject) => JsonObject {
  const rules = [...drop.map((path) => ({ path: path.split('.'), drop: true })), ...hash.map((path) => ({ path: path.split('.'), drop: false }))];
  const digest = (value: Json): string => new CryptoHasher('sha256', key).update(JSON.stringify(value)).digest('hex').slice(0, HASH_CHARS);
  return (record) => rules.reduce((left, rule) => change(left, rule.path, rule.drop ? undefined : digest), record);
}

function change(record: JsonObject, [field = '', ...deeper]: readonly string[], replace: ((value: Json) => string) | undefined): JsonObject {
  const value = Object.hasOwn(record, field) ? record[field] : undefined;
  if (value === undefined) return record;
  if (deeper.length > 0) return isObject(value) ? { ...record, [field]: change(value, deeper, replace) } : record;
  if (replace !== undefined) return { ...record, [field]: replace(value) };
  const { [field]: _, ...rest } = record;
  return rest;
}
