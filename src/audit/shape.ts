import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';

const PLACES_MAX = 100;
const DEPTH_MAX = 4;
/** Under this name stands how many members the schema does not know: what they are called is the caller's to choose. */
const UNKNOWN = '?';

interface Budget {
  places: number;
}

/**
 * Arguments as a record may show them: type and size of each property, by the pinned schema's own names. A name that the
 * schema does not have never appears. Bounded in places and depth, so that neither a schema nor a payload makes it costly.
 */
export function shapeOf(given: JsonObject, schema: Json | undefined): Json {
  return shapeIn(given, schema, 0, { places: PLACES_MAX });
}

function shapeIn(given: JsonObject, schema: Json | undefined, depth: number, budget: Budget): Json {
  const properties = isObject(schema) && isObject(schema['properties']) ? schema['properties'] : {};
  const shape: Record<string, Json> = {};
  let known = 0;
  for (const name in properties) {
    if (budget.places === 0) break;
    budget.places -= 1;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) {
      if (depth === 0) shape[name] = 'absent';
      continue;
    }
    known += 1;
    shape[name] = isObject(value) && depth < DEPTH_MAX ? shapeIn(value, properties[name], depth + 1, budget) : typeOf(value);
  }
  const others = Object.keys(given).length - known;
  if (others > 0) shape[UNKNOWN] = `other(${others})`;
  return shape;
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `string(${value.length})`;
  if (isArray(value)) return `array(${value.length})`;
  return isObject(value) ? `object(${Object.keys(value).length})` : typeof value;
}
