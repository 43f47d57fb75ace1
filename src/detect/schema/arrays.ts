import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Check, Evaluated, Outcome } from './evaluate.ts';
import { failed, together } from './evaluate.ts';

/** What is said of arrays (2020-12 core 10.3.1, 11.2; validation 6.4). */
export function checkArray(check: Check, schema: JsonObject, value: readonly Json[], at: string, depth: number, own: Evaluated): Outcome {
  const outcomes: Outcome[] = [...counted(schema, value, at)];
  let spoken = 0;
  const look = (part: Json | undefined, from: number, to: number): void => {
    if (part === undefined) return;
    for (let index = from; index < to; index += 1) {
      const { violations } = check.run(part, value[index] ?? null, `${at}/${index}`, depth + 1);
      if (violations.length > 0) outcomes.push({ violations, properties: new Set(), items: 0 });
    }
    spoken = Math.max(spoken, to);
  };
  const { prefixItems, items, additionalItems } = schema;
  // Draft-07 says `items` for what 2020-12 calls `prefixItems`, and `additionalItems` for the rest.
  const prefix = isArray(prefixItems) ? prefixItems : isArray(items) ? items : [];
  prefix.slice(0, value.length).forEach((part, index) => look(part, index, index + 1));
  look(isArray(items) ? additionalItems : items, prefix.length, value.length);
  outcomes.push(...contained(check, schema, value, at, depth));
  if (schema['unevaluatedItems'] !== undefined) look(schema['unevaluatedItems'], Math.max(spoken, own.items), value.length);
  return together([...outcomes, { violations: [], properties: new Set(), items: spoken }]);
}

function* counted({ minItems, maxItems, uniqueItems }: JsonObject, value: readonly Json[], at: string): Generator<Outcome> {
  if (typeof minItems === 'number' && value.length < minItems) yield failed(at, 'minItems');
  if (typeof maxItems === 'number' && value.length > maxItems) yield failed(at, 'maxItems');
  if (uniqueItems === true && new Set(value.map(formOf)).size < value.length) yield failed(at, 'uniqueItems');
}

function* contained(check: Check, { contains, minContains, maxContains }: JsonObject, value: readonly Json[], at: string, depth: number): Generator<Outcome> {
  if (contains === undefined) return;
  const count = value.filter((item) => check.run(contains, item, at, depth + 1).violations.length === 0).length;
  if (count < (typeof minContains === 'number' ? minContains : 1)) yield failed(at, 'contains');
  if (typeof maxContains === 'number' && count > maxContains) yield failed(at, 'maxContains');
}

/** One text for equal values: names in order. */
function formOf(value: Json): string {
  if (isArray(value)) return `[${value.map(formOf).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value).toSorted().map((name) => `${JSON.stringify(name)}:${formOf(value[name] ?? null)}`).join()}}`;
}
