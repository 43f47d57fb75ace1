import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';

/**
 * What policies may know of a tool's arguments, derived from its pinned `inputSchema`. `any`: a value that Cedar cannot
 * type (free-form maps, unions); it may be present, policies can't read it.
 */
export type Shape = 'string' | 'boolean' | 'number' | 'any' | { readonly set: Shape } | RecordShape;

export interface RecordShape {
  /** Every property that the schema knows, in its order. A list, since names are the server's words (`__proto__`). */
  readonly fields: readonly Field[];
}

export type Field = readonly [name: string, shape: Shape, required: boolean];

const DEPTH_MAX = 16;
/** Cedar's JSON form gives these keys a meaning of their own; inside data they are data, so policies never see them. */
const ESCAPES: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr']);

interface Reading {
  readonly root: JsonObject;
  readonly depth: number;
}

/** The arguments of one tool. A schema that says nothing of its properties has none. */
export function shapeOfTool(definition: JsonObject): RecordShape {
  const schema = definition['inputSchema'];
  if (!isObject(schema)) return { fields: [] };
  const reading = { root: schema, depth: 0 };
  return recordOf(resolve(schema, reading) ?? {}, reading);
}

/** The same names with every value hidden: what remains of a property that no policy reads. */
export function blind(shape: Shape): Shape {
  if (typeof shape === 'string') return 'any';
  if ('set' in shape) {
    const item = blind(shape.set);
    return item === 'any' ? 'any' : { set: item };
  }
  return { fields: shape.fields.map(([name, inner, required]): Field => [name, blind(inner), required]) };
}

/** Cedar's type of a shape; `undefined` for what policies can't read. */
export function cedarType(shape: Shape): JsonObject | undefined {
  if (shape === 'string') return { type: 'String' };
  if (shape === 'boolean') return { type: 'Boolean' };
  if (shape === 'number') return { type: 'Extension', name: 'decimal' };
  if (shape === 'any') return undefined;
  if ('set' in shape) {
    const element = hides(shape.set) ? undefined : cedarType(shape.set);
    return element === undefined ? undefined : { type: 'Set', element };
  }
  const attributes: [string, JsonObject][] = [];
  for (const [name, inner, required] of shape.fields) {
    const type = cedarType(inner);
    if (type !== undefined) attributes.push([name, { ...type, required }]);
  }
  return { type: 'Record', attributes: Object.fromEntries(attributes) };
}

/** Whether values of a shape may hold something that policies can't see, so that they can't be compared as a whole. */
function hides(shape: Shape): boolean {
  if (typeof shape === 'string') return shape === 'any';
  return 'set' in shape ? hides(shape.set) : shape.fields.some(([, inner]) => hides(inner));
}

function shapeOf(json: Json | undefined, reading: Reading): { readonly shape: Shape; readonly nullable: boolean } {
  const opaque = { shape: 'any', nullable: true } as const;
  if (!isObject(json) || reading.depth > DEPTH_MAX) return opaque;
  const schema = resolve(json, reading);
  if (schema === undefined) return opaque;
  const deeper = { root: reading.root, depth: reading.depth + 1 };
  const types = typesOf(schema);
  const nullable = types.includes('null');
  const [type, ...others] = types.filter((name) => name !== 'null');
  if (others.length > 0) return opaque;
  switch (type) {
    case 'string':
    case 'boolean':
      return { shape: type, nullable };
    case 'integer':
    case 'number':
      return { shape: 'number', nullable };
    case 'array':
      return { shape: isObject(schema['items']) ? setOf(shapeOf(schema['items'], deeper).shape) : 'any', nullable };
    case 'object':
      return { shape: isObject(schema['properties']) ? recordOf(schema, deeper) : 'any', nullable };
    case undefined:
      return alternative(schema, deeper);
    default:
      return opaque;
  }
}

function setOf(item: Shape): Shape {
  return item === 'any' ? 'any' : { set: item };
}

/** `anyOf: [T, null]`, the way many generators write an optional T. */
function alternative(schema: JsonObject, reading: Reading): { readonly shape: Shape; readonly nullable: boolean } {
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (!isArray(choices)) return { shape: 'any', nullable: true };
  const known = choices.filter((choice) => !(isObject(choice) && choice['type'] === 'null'));
  const [only, ...others] = known;
  if (only === undefined || others.length > 0) return { shape: 'any', nullable: true };
  const read = shapeOf(only, reading);
  return { shape: read.shape, nullable: read.nullable || known.length < choices.length };
}

function typesOf(schema: JsonObject): readonly string[] {
  const type = schema['type'];
  if (typeof type === 'string') return [type];
  if (isArray(type)) return type.filter((name) => typeof name === 'string');
  const values = isArray(schema['enum']) ? schema['enum'] : 'const' in schema ? [schema['const']] : [];
  return [...new Set(values.map((value) => (value === null ? 'null' : isArray(value) ? 'array' : typeof value)))];
}

function recordOf(schema: JsonObject, reading: Reading): RecordShape {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const listed = isArray(schema['required']) ? schema['required'] : [];
  const deeper = { root: reading.root, depth: reading.depth + 1 };
  const fields = new Map<string, Field>();
  for (const [name, property] of Object.entries(properties)) {
    const { shape, nullable } = ESCAPES.has(name) ? { shape: 'any' as const, nullable: true } : shapeOf(property, deeper);
    fields.set(name, [name, shape, listed.includes(name) && !nullable]);
  }
  for (const name of composedNames(schema, reading)) if (!fields.has(name)) fields.set(name, [name, 'any', false]);
  return { fields: [...fields.values()] };
}

/** Names that only `allOf`, `anyOf`, `oneOf`, `then` or `else` know: allowed to be present, not typed. */
function composedNames(schema: JsonObject, reading: Reading): readonly string[] {
  if (reading.depth > DEPTH_MAX) return [];
  const deeper = { root: reading.root, depth: reading.depth + 1 };
  const branches = ['allOf', 'anyOf', 'oneOf', 'then', 'else'].flatMap((keyword): readonly Json[] => {
    const branch = schema[keyword];
    return isArray(branch) ? branch : branch === undefined ? [] : [branch];
  });
  return branches.flatMap((branch) => {
    const resolved = isObject(branch) ? resolve(branch, deeper) : undefined;
    if (resolved === undefined) return [];
    return [...Object.keys(isObject(resolved['properties']) ? resolved['properties'] : {}), ...composedNames(resolved, deeper)];
  });
}

/** Follows local `$ref`s (`#/…`); others are never fetched. `undefined`: nowhere, or a circle. */
function resolve(schema: JsonObject, reading: Reading): JsonObject | undefined {
  let current = schema;
  for (let hops = 0; hops <= DEPTH_MAX; hops += 1) {
    const reference = current['$ref'];
    if (reference === undefined) return current;
    if (typeof reference !== 'string' || (reference !== '#' && !reference.startsWith('#/'))) return undefined;
    let target: Json | undefined = reading.root;
    for (const step of reference.split('/').slice(1)) {
      const key: string = decodeStep(step);
      target = isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
    }
    if (!isObject(target)) return undefined;
    current = target;
  }
  return undefined;
}

function decodeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
