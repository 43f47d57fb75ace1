import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Check, Outcome, Violation } from './evaluate.ts';
import { PASSED } from './evaluate.ts';
import { patternOf } from './pattern.ts';

/** `type`, `enum`, `const`, and what is said of numbers and strings (2020-12 validation 6.1 to 6.3). */
export function checkScalar(check: Check, schema: JsonObject, value: Json, at: string): Outcome {
  const violations: Violation[] = [];
  const fail = (keyword: string): void => {
    violations.push({ at, keyword });
  };
  const { type, enum: values } = schema;
  if (type !== undefined && !(isArray(type) ? type : [type]).some((one) => isOf(value, one))) fail('type');
  if (isArray(values) && !values.some((one) => isEqual(one, value))) fail('enum');
  if (schema['const'] !== undefined && !isEqual(schema['const'], value)) fail('const');
  if (typeof value === 'number') numbers(schema, value, fail);
  if (typeof value === 'string') strings(check, schema, value, fail);
  return violations.length === 0 ? PASSED : { ...PASSED, violations };
}

function numbers(schema: JsonObject, value: number, fail: (keyword: string) => void): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === 'number' && value < minimum) fail('minimum');
  if (typeof maximum === 'number' && value > maximum) fail('maximum');
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) fail('exclusiveMinimum');
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) fail('exclusiveMaximum');
  if (typeof multipleOf === 'number' && !isMultiple(value, multipleOf)) fail('multipleOf');
}

function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Number.isFinite(quotient) && Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient));
}

function strings(check: Check, schema: JsonObject, value: string, fail: (keyword: string) => void): void {
  const { minLength, maxLength, pattern } = schema;
  // Characters are code points; only what is near a limit needs counting.
  if (typeof minLength === 'number' && (value.length < minLength || lengthOf(value) < minLength)) fail('minLength');
  if (typeof maxLength === 'number' && value.length > maxLength && lengthOf(value) > maxLength) fail('maxLength');
  if (typeof pattern !== 'string') return;
  const matches = patternOf(pattern);
  if (matches === undefined) check.undecidable ??= 'a pattern that is none in linear time';
  else if (!matches(value)) fail('pattern');
}

function lengthOf(value: string): number {
  let length = 0;
  for (const _ of value) length += 1;
  return length;
}

function isOf(value: Json, type: Json): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'number') return isNumber(value);
  if (type === 'integer') return isNumber(value) && Number.isInteger(Number(typeof value === 'object' && value !== null ? JSON.stringify(value) : value));
  return typeof value === type;
}

/** A number whose digits a double would change is a number all the same. */
function isNumber(value: Json): boolean {
  return typeof value === 'number' || JSON.isRawJSON(value);
}

function isEqual(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (isArray(a) && isArray(b)) return a.length === b.length && a.every((item, index) => isEqual(item, b[index] ?? null));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isEqual(a[name] ?? null, b[name] ?? null));
}
