import type { JsonObject } from '../domain/json.ts';

/** A stored body as an answer of the API: what is absent is left out. */
export function asJson(body: object): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(body));
  return json;
}
