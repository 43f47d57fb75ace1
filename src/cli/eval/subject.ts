import type { Subject } from '../../domain/detector.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { EvalRow } from './rows.ts';

/** What a row is on the path: a definition as a server lists it, an argument, or a tool's result. */
export function subjectOf({ kind, text, source }: EvalRow): Subject {
  const common = { at: '', server: source, name: 'row' };
  if (kind === 'tool_def') return { ...common, facet: 'definition', json: definitionOf(text) };
  if (kind === 'prompt') return { ...common, facet: 'argument', json: { text } };
  return { ...common, facet: 'result', json: { content: [{ type: 'text', text }] } };
}

const NAME = /^([\w./-]{1,128}): /;
const PARAMETER = /^- ([\w.-]{1,128}): (.*)$/;

/** Corpora write a definition as `name: description` and a line `- parameter: description` for each parameter. */
function definitionOf(text: string): JsonObject {
  const name = NAME.exec(text);
  const lines = (name === null ? text : text.slice(name[0].length)).split('\n');
  const parameters = lines.map((line) => PARAMETER.exec(line));
  const described = lines.filter((_, at) => parameters[at] === null || parameters[at] === undefined).join('\n');
  const properties = parameters.flatMap((one) => (one === null ? [] : [[one[1] ?? '', { type: 'string', description: one[2] ?? '' }] as const]));
  return { name: name?.[1] ?? 'tool', description: described, inputSchema: { type: 'object', properties: Object.fromEntries(properties) } };
}
