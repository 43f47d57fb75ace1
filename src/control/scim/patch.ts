import { z } from 'zod';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ScimFault } from './fault.ts';

/** One step of a PATCH, in one form, whichever dialect it came in. */
export interface Step {
  readonly op: 'add' | 'replace' | 'remove';
  /** One attribute, with a sub-attribute or not (`name.givenName`). */
  readonly attribute: string;
  readonly sub: string | undefined;
  /** `members[value eq "…"]`: the one value that is meant. */
  readonly only: string | undefined;
  readonly value: Json | undefined;
}

// Entra ID writes `Add` and `Replace`; RFC 7644 has them in lower case. Both name the message in `schemas`; a lone client may not.
const OPERATION = z.object({
  op: z.string().toLowerCase().pipe(z.enum(['add', 'replace', 'remove'])), path: z.string().max(500).optional(), value: z.json().optional(),
});
const PATCH = z.object({ schemas: z.array(z.string()).optional(), Operations: z.array(OPERATION).min(1).max(LIMITS.scimOperationsMax) });

const PATH = /^(?:urn:[\w:.-]+:)?([A-Za-z]\w{0,63})(?:\[\s*([A-Za-z]\w{0,63})\s+eq\s+"((?:[^"\\]|\\.){0,300})"\s*\])?(?:\.([A-Za-z]\w{0,63}))?$/;

/**
 * Reads a PATCH body (RFC 7644 section 3.5.2). A value without a path is one step for each of its attributes (Okta sends
 * `{"op":"replace","value":{"active":false}}`); dotted names in it are paths (Entra ID does that). Throws `ScimFault`.
 */
export function readPatch(body: JsonObject): readonly Step[] {
  const read = PATCH.safeParse(body);
  if (!read.success) throw new ScimFault(400, 'This is no PATCH: `Operations` with `op`, `path` and `value` are needed.', 'invalidSyntax');
  const steps = read.data.Operations.flatMap(({ op, path, value }) => {
    if (path !== undefined && path.trim() !== '') return [stepOf(op, path.trim(), value)];
    if (op === 'remove') throw new ScimFault(400, 'What is to be removed is not said.', 'noTarget');
    if (!isObject(value)) throw new ScimFault(400, 'Without a path the value must be an object.', 'invalidValue');
    return Object.entries(value).filter(([name]) => name !== 'schemas' && name !== 'id' && name !== 'meta').map(([name, inner]) => stepOf(op, name, inner));
  });
  if (steps.length > LIMITS.scimOperationsMax) throw new ScimFault(400, 'There are too many operations.', 'tooMany');
  return steps;
}

function stepOf(op: Step['op'], path: string, value: Json | undefined): Step {
  const match = PATH.exec(path);
  const [, attribute, of, literal, sub] = match ?? [];
  if (attribute === undefined) throw new ScimFault(400, 'This path is not understood.', 'invalidPath');
  if (of !== undefined && of.toLowerCase() !== 'value' && of.toLowerCase() !== 'type') throw new ScimFault(400, 'This path is not understood.', 'invalidPath');
  return { op, attribute: attribute.toLowerCase(), sub: sub?.toLowerCase(), only: literal === undefined ? undefined : unescape(literal), value };
}

function unescape(literal: string): string {
  return literal.replaceAll(/\\(.)/g, '$1');
}

/** `false`, `"False"`, `"false"`, or a list or object that holds one: Entra ID writes booleans as text. Throws `invalidValue`. */
export function readBoolean(value: Json | undefined): boolean {
  const [inner] = isArray(value) ? value : [value];
  const plain = isObject(inner) ? inner['value'] : inner;
  if (typeof plain === 'boolean') return plain;
  const text = typeof plain === 'string' ? plain.trim().toLowerCase() : '';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new ScimFault(400, '`active` is true or false.', 'invalidValue');
}

/** Ids of members: `[{"value":"…"}]`, one such object, or the ids themselves. Throws `invalidValue`. */
export function readMembers(value: Json | undefined): readonly string[] {
  const list = value === undefined || value === null ? [] : isArray(value) ? value : [value];
  const ids = list.map((one) => (isObject(one) ? one['value'] : one)).filter((id) => typeof id === 'string' && id.length <= 64 && id !== '');
  if (ids.length !== list.length) throw new ScimFault(400, '`members` is a list of `{"value": "<id>"}`.', 'invalidValue');
  return ids.filter((id) => typeof id === 'string');
}
