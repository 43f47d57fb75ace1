import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { checkArray } from './arrays.ts';
import { checkObject } from './objects.ts';
import { resolve } from './reference.ts';
import { checkScalar } from './scalars.ts';

/** One thing that a value does not keep to. */
export interface Violation {
  /** Below the value that is checked, RFC 6901. */
  readonly at: string;
  readonly keyword: string;
}

/** What of a value its schemas spoke of, for `unevaluated…` and for what nobody declared. */
export interface Evaluated {
  readonly properties: ReadonlySet<string>;
  /** Items up to here, or all. */
  readonly items: number;
}

export interface Outcome extends Evaluated {
  readonly violations: readonly Violation[];
}

/** One check of one value against one schema document. Counts its steps: a schema can ask for more than anybody will pay. */
export interface Check {
  readonly root: Json;
  /** Why the schema says nothing certain: a reference elsewhere, a pattern that is none, too deep. First one found. */
  undecidable?: string;
  steps: number;
  readonly run: (schema: Json | undefined, value: Json, at: string, depth: number) => Outcome;
}

const NOTHING: ReadonlySet<string> = new Set();
export const PASSED: Outcome = { violations: [], properties: NOTHING, items: 0 };

export function failed(at: string, keyword: string): Outcome {
  return { ...PASSED, violations: [{ at, keyword }] };
}

/** What several schemas that all hold said together. */
export function together(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.length === 1) return outcomes[0] ?? PASSED;
  const said = outcomes.filter(({ properties }) => properties.size > 0);
  return {
    violations: outcomes.flatMap(({ violations }) => violations),
    properties: said.length === 0 ? NOTHING : new Set(said.flatMap(({ properties }) => [...properties])),
    items: outcomes.reduce((most, { items }) => Math.max(most, items), 0),
  };
}

/**
 * Checks a value against a schema of JSON Schema 2020-12 (and what draft-07 spells otherwise). Interprets: no code is made of what
 * a server wrote. References stay in the document; patterns run in linear time; what cannot be decided is said, never passed over.
 * Throws where it takes more steps than are ever taken: what was not checked is not let through.
 */
export function evaluate(schema: Json, value: Json): { readonly violations: readonly Violation[]; readonly undecidable?: string } {
  const check: Check = { root: schema, steps: 0, run: (part, of, at, depth) => evaluatePart(check, part, of, at, depth) };
  const { violations } = check.run(schema, value, '', 0);
  return { violations, ...(check.undecidable === undefined ? {} : { undecidable: check.undecidable }) };
}

function evaluatePart(check: Check, schema: Json | undefined, value: Json, at: string, depth: number): Outcome {
  if (schema === undefined || schema === true) return PASSED;
  if (schema === false) return failed(at, 'false');
  check.steps += 1;
  if (!isObject(schema)) check.undecidable ??= 'no schema';
  else if (depth > LIMITS.schemaDepthMax) check.undecidable ??= 'too deep';
  if (check.steps > LIMITS.schemaStepsMax) throw new RangeError('the schema asks for more steps than are ever taken');
  if (!isObject(schema) || check.undecidable !== undefined) return PASSED;
  const own = together([checkScalar(check, schema, value, at), ...combined(check, schema, value, at, depth)]);
  const parts = isObject(value) ? checkObject(check, schema, value, at, depth, own) : isArray(value) ? checkArray(check, schema, value, at, depth,
    own) : PASSED;
  return together([own, parts]);
}

/** References and what is put together of other schemas (2020-12 core 8.2.3 and 10.2). */
function* combined(check: Check, schema: JsonObject, value: Json, at: string, depth: number): Generator<Outcome> {
  const run = (part: Json | undefined): Outcome => check.run(part, value, at, depth + 1);
  for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef']) {
    const reference = schema[keyword];
    if (typeof reference !== 'string') continue;
    const target = resolve(check.root, reference);
    if (target === undefined) check.undecidable ??= 'a reference that leads elsewhere';
    else yield run(target);
  }
  if (isArray(schema['allOf'])) for (const part of schema['allOf']) yield run(part);
  if (isArray(schema['anyOf'])) yield some(schema['anyOf'].map(run), at, 'anyOf', () => true);
  if (isArray(schema['oneOf'])) yield some(schema['oneOf'].map(run), at, 'oneOf', (count) => count === 1);
  if (schema['not'] !== undefined && run(schema['not']).violations.length === 0) yield failed(at, 'not');
  if (schema['if'] !== undefined) {
    const condition = run(schema['if']);
    if (condition.violations.length === 0) yield condition;
    yield run(schema[condition.violations.length === 0 ? 'then' : 'else']);
  }
}

function some(outcomes: readonly Outcome[], at: string, keyword: string, enough: (count: number) => boolean): Outcome {
  const held = outcomes.filter(({ violations }) => violations.length === 0);
  return held.length > 0 && enough(held.length) ? together(held) : failed(at, keyword);
}
