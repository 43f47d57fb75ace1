import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';

/** A peer's answer as an object; whatever else it is, is empty. */
export function asJson(value: unknown): JsonObject {
  // It was parsed from JSON a moment ago.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const json = value as Json | undefined;
  return isObject(json) ? json : {};
}

/** A peer's own name for an error, where it is of a name's shape; free text could hold what was sent to it. */
export function codeIn(value: Json | undefined): string {
  return typeof value === 'string' && /^[a-z][a-z0-9_]{0,63}$/i.test(value) ? value : 'unnamed';
}
