import { isObject, type Json, type JsonObject } from '../../domain/json.ts';

/** The JSON object that a text is; undefined: it is none. */
export function parsed(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
