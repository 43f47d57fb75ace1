import type { Detector, Sight } from '../domain/detector.ts';
import { isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';
import { evaluate } from './schema/evaluate.ts';
import type { Surroundings } from './surroundings.ts';

const MALFORMED = ['MCP05', 'ASI02', 'AML.T0053', 'SAFE-T1501', 'MCP-T3'] as const;

export const info = {
  facets: ['argument', 'result'],
  rules: {
    argument: { severity: 'high', what: 'Arguments that do not keep to the pinned schema.', catalogues: MALFORMED },
    undeclared: { severity: 'medium', what: 'An argument that the pinned schema does not know.', catalogues: [...MALFORMED, 'SAFE-T1911'] },
    tightened: { severity: 'high', what: 'Arguments that do not keep to what an administrator demands of them.', catalogues: MALFORMED },
    result: { severity: 'high', what: 'A structured result that does not keep to the pinned schema.', catalogues: [...MALFORMED, 'SAFE-T1404'] },
    missing: { severity: 'medium', what: 'A result without the structure that its schema promises.', catalogues: [...MALFORMED, 'SAFE-T1404'] },
    undecidable: { severity: 'medium', what: 'A schema by which nothing can be decided: it refers elsewhere, or asks for too much.',
      catalogues: [...MALFORMED, 'MCP-T10'] },
  },
} as const satisfies DetectorInfo<'schema'>;

const VIOLATIONS_MAX = 20;
const ARGUMENTS = '/params/arguments';

/** What goes and comes against the schema that was approved, whatever the server says now. */
export function createSchema({ tightened }: Surroundings): Detector {
  return {
    id: 'schema',
    facets: info.facets,
    detect: ({ subject }: Sight) => {
      const report = createReport('schema', info);
      const { json, at, facet, definition, server, name } = subject;
      const check = (rule: 'argument' | 'tightened' | 'result', schema: Json | undefined, value: Json, below: string): void => {
        if (schema === undefined) return;
        const { violations, undecidable } = evaluate(schema, value);
        if (undecidable !== undefined) report.note('undecidable', below, undecidable);
        else for (const one of violations.slice(0, VIOLATIONS_MAX)) report.note(rule, below + one.at, one.keyword);
      };
      const pinned = isObject(definition) ? definition : {};
      if (facet === 'argument') {
        // What a client answers, or sends beside the arguments, has other forms.
        if (!at.startsWith(ARGUMENTS)) return [];
        const { inputSchema } = pinned;
        check('argument', inputSchema, json, at);
        check('tightened', tightened[`${server}/${name}`], json, at);
        if (isObject(inputSchema) && isObject(json)) for (const odd of undeclared(inputSchema, json)) report.note('undeclared', `${at}/${odd}`);
      } else if (pinned['outputSchema'] !== undefined && isObject(json)) {
        if (json['structuredContent'] !== undefined) check('result', pinned['outputSchema'], json['structuredContent'], `${at}/structuredContent`);
        else if (isFinal(json)) report.note('missing', at);
      }
      return report.findings();
    },
  };
}

/** Neither an error, nor a question in place of an answer, nor the promise of one (MCP, "tasks"). */
function isFinal({ isError, resultType, task, status }: JsonObject): boolean {
  return isError !== true && task === undefined && status === undefined && (resultType === undefined || resultType === 'complete');
}

/** Names at the top that a plain schema doesn't list; one that says what else may come, or is put together of others, is left to its own words. */
function undeclared(schema: JsonObject, value: JsonObject): readonly string[] {
  const { properties } = schema;
  if (!isObject(properties) || OPEN.some((keyword) => schema[keyword] !== undefined)) return [];
  return Object.keys(value).filter((name) => !Object.hasOwn(properties, name)).slice(0,
    VIOLATIONS_MAX).map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1'));
}

const OPEN = ['additionalProperties', 'unevaluatedProperties', 'patternProperties', '$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas'];
