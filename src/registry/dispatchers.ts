import { isArray, isObject } from '../domain/json.ts';
import type { Json } from '../domain/json.ts';
import type { Surface, Tool } from '../domain/server.ts';
import { propertiesOf, valueAt } from './properties.ts';
import { showHidden } from '../domain/hidden.ts';

/** Something about dispatchers that an approver must see. It refuses nothing by itself. */
export interface DispatcherFinding {
  readonly rule: 'dispatcher-undeclared' | 'dispatcher-declared-oddly';
  readonly tool: string;
  readonly message: string;
}

const NAME_WORDS: ReadonlySet<string> = new Set(['tool', 'toolname', 'name', 'toolid', 'targettool', 'function', 'functionname']);
const ARGUMENT_WORDS: ReadonlySet<string> = new Set(['args', 'arguments', 'params', 'parameters', 'input', 'toolargs', 'toolarguments', 'toolinput']);
/** `run_tool`, `callToolRead`, `mcp__gw__run_tool`; of single words only those that say nothing else. */
const DISPATCHER_NAME = /(?:^|_)(?:run|call|exec|execute|invoke|use|dispatch)_(?:mcp_)?tool(?:_|$)|^(?:invoke|dispatch)$/;

/**
 * Finds tools that look as if they ran other tools by name but are not declared to: policy would judge whatever they run as
 * one tool, and by the dispatcher's arguments. Also declarations that name an argument which the tool does not have.
 */
export function findDispatchers({ tools }: Pick<Surface, 'tools'>): readonly DispatcherFinding[] {
  return tools.flatMap((tool) => {
    const { name, dispatches } = tool;
    const message = dispatches === undefined ? suspicionOf(tool) : oddityOf(tool, dispatches);
    if (message === undefined) return [];
    return [{ rule: dispatches === undefined ? 'dispatcher-undeclared' : 'dispatcher-declared-oddly', tool: name, message: showHidden(message) }];
  });
}

function suspicionOf(tool: Tool): string | undefined {
  const properties = Object.entries(propertiesOf(tool));
  const name = properties.find(([key, schema]) => NAME_WORDS.has(foldOf(key)) && mayBe(schema, 'string'))?.[0];
  const given = properties.find(([key, schema]) => ARGUMENT_WORDS.has(foldOf(key)) && mayBe(schema, 'object'))?.[0];
  const shaped = name !== undefined && given !== undefined;
  if (!shaped && !DISPATCHER_NAME.test(wordsOf(tool.name))) return undefined;
  const declaration = shaped ? `dispatches: { name: ${name}, arguments: ${given} }` : 'dispatches: { name: …, arguments: … }';
  return `it looks as if it runs other tools: unless it is declared (${declaration}), what it runs is judged as this one tool`;
}

function oddityOf(tool: Tool, dispatches: NonNullable<Tool['dispatches']>): string | undefined {
  const missing = [dispatches.name, dispatches.arguments].find((key) => key !== undefined && valueAt(propertiesOf(tool), key) === undefined);
  return missing === undefined ? undefined : `it is declared as a dispatcher by its argument "${missing}", which its schema does not have`;
}

function foldOf(key: string): string {
  return key.toLowerCase().replaceAll(/[_-]/g, '');
}

function wordsOf(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase().replaceAll(/[^a-z]+/g, '_');
}

/** A schema that names no type may be any. */
function mayBe(schema: Json, type: string): boolean {
  const said = isObject(schema) ? schema['type'] : undefined;
  return said === undefined || said === type || (isArray(said) && said.includes(type));
}
