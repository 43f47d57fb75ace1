import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Pin } from '../domain/server.ts';
import { digestOf } from './canonical.ts';

/** Fields of a definition that only people and models read. */
export const PROSE_FIELDS: ReadonlySet<string> = new Set(['description', 'title', 'icons', 'instructions']);
/** Fields that say what goes in and what comes out. */
export const SCHEMA_FIELDS: ReadonlySet<string> = new Set(['inputSchema', 'outputSchema', 'arguments', 'mimeType', 'uriTemplate']);

/** Rewrites (or with `undefined` removes) each prose string of a value; everything else stays. */
export type ProseMap = (json: Json, prose: (text: string) => string | undefined) => Json;

const PROSE_KEYWORDS = new Set(['title', 'description', '$comment']);
/** Keywords whose values are data: what is in them reaches the server or decides what may. */
const DATA_KEYWORDS = new Set(['const', 'enum', 'default', 'examples', 'required', 'dependentRequired']);
/** Keywords whose values map names that the author chose (a property may be called `description`) to schemas. */
const NAMED_KEYWORDS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** A JSON Schema, or a prompt's list of arguments. */
export const schemaProse: ProseMap = (json, prose) => {
  if (isArray(json)) return json.map((item) => schemaProse(item, prose));
  if (!isObject(json)) return json;
  return mapEntries(json, (key, value) => {
    if (PROSE_KEYWORDS.has(key) && typeof value === 'string') return prose(value);
    if (DATA_KEYWORDS.has(key)) return value;
    if (NAMED_KEYWORDS.has(key) && isObject(value)) return mapEntries(value, (_, schema) => schemaProse(schema, prose));
    return schemaProse(value, prose);
  });
};

const PROSE_ANNOTATIONS = new Set(['title', 'lastModified']);

export const annotationProse: ProseMap = (json, prose) =>
  isObject(json)
    ? mapEntries(json, (key, value) => (PROSE_ANNOTATIONS.has(key) && typeof value === 'string' ? prose(value) : value))
    : json;

function mapEntries(json: JsonObject, map: (key: string, value: Json) => Json | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) => {
      const mapped = map(key, value);
      return mapped === undefined ? [] : [[key, mapped] as const];
    }),
  );
}

/** Digest of what an item does, whatever it is called and however it is described. */
export function behaviourOf(pin: Pin): string {
  const behaviour = mapEntries(pin.definition, (field, value) => {
    if (field === 'name' || PROSE_FIELDS.has(field)) return undefined;
    if (SCHEMA_FIELDS.has(field)) return schemaProse(value, () => undefined);
    return field === 'annotations' ? annotationProse(value, () => undefined) : value;
  });
  return digestOf([pin.kind, behaviour]);
}
