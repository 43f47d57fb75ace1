import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Check, Evaluated, Outcome } from './evaluate.ts';
import { failed, together } from './evaluate.ts';
import { patternOf } from './pattern.ts';

/** What is said of objects (2020-12 core 10.3.2, 11.3; validation 6.5). `own`: what references and combined schemas said already. */
export function checkObject(check: Check, schema: JsonObject, value: JsonObject, at: string, depth: number, own: Evaluated): Outcome {
  const names = Object.keys(value);
  const outcomes: Outcome[] = [...counted(schema, value, names, at)];
  const spoken = new Set<string>();
  const look = (part: Json | undefined, name: string): void => {
    if (part === undefined) return;
    const { violations } = check.run(part, value[name] ?? null, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
    if (violations.length > 0) outcomes.push({ violations, properties: new Set(), items: 0 });
    spoken.add(name);
  };
  const { properties, patternProperties } = schema;
  if (isObject(properties)) for (const name of names) if (Object.hasOwn(properties, name)) look(properties[name], name);
  if (isObject(patternProperties)) {
    for (const [pattern, part] of Object.entries(patternProperties)) {
      const matches = patternOf(pattern);
      if (matches === undefined) check.undecidable ??= 'a pattern that is none in linear time';
      else names.filter(matches).forEach((name) => look(part, name));
    }
  }
  if (schema['additionalProperties'] !== undefined) names.filter((name) => !spoken.has(name)).forEach((name) => look(schema['additionalProperties'], name));
  if (schema['propertyNames'] !== undefined) for (const name of names) outcomes.push({ ...check.run(schema['propertyNames'], name, at, depth + 1),
    properties: new Set() });
  outcomes.push(...dependent(check, schema, value, at, depth));
  const said = together([...outcomes, { violations: [], properties: spoken, items: 0 }]);
  if (schema['unevaluatedProperties'] === undefined) return said;
  names.filter((name) => !said.properties.has(name) && !own.properties.has(name)).forEach((name) => look(schema['unevaluatedProperties'], name));
  return together([...outcomes, { violations: [], properties: spoken, items: 0 }]);
}

function* counted(schema: JsonObject, value: JsonObject, names: readonly string[], at: string): Generator<Outcome> {
  const { required, minProperties, maxProperties } = schema;
  if (isArray(required) && !required.every((name) => typeof name !== 'string' || Object.hasOwn(value, name))) yield failed(at, 'required');
  if (typeof minProperties === 'number' && names.length < minProperties) yield failed(at, 'minProperties');
  if (typeof maxProperties === 'number' && names.length > maxProperties) yield failed(at, 'maxProperties');
}

/** `dependentRequired`, `dependentSchemas`, and `dependencies`, which was both (draft-07). */
function* dependent(check: Check, schema: JsonObject, value: JsonObject, at: string, depth: number): Generator<Outcome> {
  for (const keyword of ['dependentRequired', 'dependentSchemas', 'dependencies']) {
    const rules = schema[keyword];
    if (!isObject(rules)) continue;
    for (const [name, rule] of Object.entries(rules)) {
      if (!Object.hasOwn(value, name)) continue;
      if (!isArray(rule)) yield check.run(rule, value, at, depth + 1);
      else if (!rule.every((other) => typeof other === 'string' && Object.hasOwn(value, other))) yield failed(at, keyword);
    }
  }
}
