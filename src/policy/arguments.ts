import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { decimalOfNumber } from './extensions.ts';
import type { RecordShape, Shape } from './shape.ts';
import type { RecordValue, Value } from './values.ts';
import { EvaluationError } from './values.ts';

export type ArgumentReader = (json: JsonObject) => RecordValue;

/**
 * Builds the reader of one tool's arguments by the fixed mapping (DESIGN part 5, "Cedar values"). The reader throws
 * `EvaluationError`, which denies: for a property that the pinned schema does not know, for a value of another type than
 * the schema's (policies were validated against that type), for a number that is no decimal of four places.
 */
export function buildArgumentReader(shape: RecordShape): ArgumentReader {
  return recordReader(shape);
}

function recordReader(shape: RecordShape): (json: JsonObject) => RecordValue {
  const readers = new Map(shape.fields.map(([name, inner]) => [name, valueReader(inner)]));
  return (json) => {
    const fields = new Map<string, Value>();
    for (const name of Object.keys(json)) {
      const read = readers.get(name);
      if (read === undefined) throw new EvaluationError('an argument is not in the pinned schema, and a policy reads the arguments of this tool');
      const item = json[name];
      const value = item === null || item === undefined ? undefined : read(item);
      if (value !== undefined) fields.set(name, value);
    }
    return { kind: 'record', fields };
  };
}

/** `undefined` from a reader: present, but not for policies to see. */
function valueReader(shape: Shape): (json: Json) => Value | undefined {
  if (shape === 'any') return () => undefined;
  if (shape === 'string' || shape === 'boolean') return (json) => expectType(json, shape);
  if (shape === 'number') {
    return (json) => {
      if (typeof json !== 'number') throw mismatch('number');
      return decimalOfNumber(json);
    };
  }
  if ('set' in shape) return setReader(valueReader(shape.set));
  const read = recordReader(shape);
  return (json) => {
    if (!isObject(json)) throw mismatch('object');
    return read(json);
  };
}

function setReader(read: (json: Json) => Value | undefined): (json: Json) => Value {
  return (json) => {
    if (!isArray(json)) throw mismatch('array');
    // Sets are compared pairwise, so they are bounded.
    if (json.length > LIMITS.argumentSetItemsMax) throw new EvaluationError('an array that a policy reads is too long');
    const items: Value[] = [];
    for (const item of json) {
      const value = item === null ? undefined : read(item);
      if (value !== undefined) items.push(value);
    }
    return { kind: 'set', items };
  };
}

function expectType(json: Json, type: 'string' | 'boolean'): Value {
  if (typeof json === type && (typeof json === 'string' || typeof json === 'boolean')) return json;
  throw mismatch(type);
}

function mismatch(expected: string): EvaluationError {
  return new EvaluationError(`an argument is not of its pinned type (${expected})`);
}
