import { isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Pin } from '../domain/server.ts';

/** The arguments that a tool's pinned inputSchema knows by name. */
export function propertiesOf({ definition }: Pin): JsonObject {
  const schema = definition['inputSchema'];
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) ? properties : {};
}

/** An object's own member; what it inherits is no data. */
export function valueAt(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
