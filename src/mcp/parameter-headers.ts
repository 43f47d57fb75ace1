import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { eraOf, type RequestMessage } from '../domain/message.ts';
import { mismatch } from './headers.ts';
import { attributed } from './origin.ts';

interface Declaration {
  /** Lower case, with the prefix. */
  readonly header: string;
  readonly path: readonly string[];
  readonly type: Json | undefined;
}

const ANNOTATION = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const DECIMAL = /^-?\d+(?:\.0+)?$/;

/** The declarations of a schema never change; a pinned schema is one object for as long as its snapshot lives. */
const known = new WeakMap<JsonObject, readonly Declaration[]>();

/**
 * Compares `Mcp-Param-*` with the arguments of a modern `tools/call`, by the `x-mcp-header` annotations of the tool's
 * inputSchema (2026-07-28 transports): each annotated argument that is present must have its header with the same value,
 * and an annotated header must not stand without its argument. Headers that no annotation names are left alone. Throws
 * ERR_HEADER_MISMATCH.
 */
export function checkParameterHeaders(message: RequestMessage, inputSchema: JsonObject): void {
  if (message.method !== 'tools/call' || eraOf(message.revision) === 'legacy') return;
  attributed({ id: message.id, revision: message.revision }, () => {
    for (const declaration of declarationsOf(inputSchema)) checkOne(declaration, message);
  });
}

/** The `Mcp-Param-*` headers that a modern `tools/call` needs by its tool's inputSchema; for who has no HTTP headers of its own. */
export function parametersOf(params: JsonObject, inputSchema: JsonObject): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const { header, path } of declarationsOf(inputSchema)) {
    const given = valueAt(params['arguments'], path);
    if (typeof given === 'string' || typeof given === 'boolean' || typeof given === 'number') parameters[header] = String(given);
  }
  return parameters;
}

function checkOne({ header, path, type }: Declaration, message: RequestMessage): void {
  const said = message.parameters?.[header];
  const given = valueAt(message.params?.['arguments'], path);
  if (given === undefined || given === null) {
    if (said !== undefined) throw mismatch(header, `stands for argument ${path.join('.')}, which the body does not have`);
    return;
  }
  if (said === undefined) throw mismatch(header, `is missing; the body has argument ${path.join('.')}`);
  if (!agrees(said, given, type)) throw mismatch(header, `differs from argument ${path.join('.')} of the body`);
}

/** Integers are compared as numbers (42.0 is 42), everything else as text; an object or array can agree with no header. */
function agrees(said: string, given: Json, type: Json | undefined): boolean {
  if (typeof given === 'number' && type === 'integer') return DECIMAL.test(said) && Number(said) === given;
  return (typeof given === 'string' || typeof given === 'boolean' || typeof given === 'number') && said === String(given);
}

function valueAt(root: Json | undefined, path: readonly string[]): Json | undefined {
  let value = root;
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

function declarationsOf(schema: JsonObject): readonly Declaration[] {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const found: Declaration[] = [];
  collect(schema, [], found);
  known.set(schema, found);
  return found;
}

/** Annotations count only on the chain of `properties`; elsewhere they are invalid and clients drop the tool. */
function collect(schema: JsonObject, path: readonly string[], found: Declaration[]): void {
  const { properties } = schema;
  if (!isObject(properties)) return;
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue;
    const annotation = property[ANNOTATION];
    const here = [...path, name];
    if (typeof annotation === 'string' && TOKEN.test(annotation))
      found.push({ header: `mcp-param-${annotation.toLowerCase()}`, path: here, type: typeOf(property) });
    collect(property, here, found);
  }
}

function typeOf(property: JsonObject): Json | undefined {
  const { type } = property;
  return isArray(type) ? type.find((one) => one !== 'null') : type;
}
