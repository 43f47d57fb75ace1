import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import type { Playbook, Step } from './form.ts';
import { invalid } from './graph.ts';
import { parseStrictJson } from './strict-json.ts';
import { filled, filledJson, variablesIn } from './variables.ts';

/**
 * What playbooks may ask of control, as `<method> <pattern below /api/v1>`. Closed: a signed playbook is no way round to the rest of
 * the API.
 */
const PLAYBOOK_CALLS = [
  'POST /containments', 'POST /containments/:id/lift', 'GET /incidents/:id', 'GET /incidents/:id/blast', 'POST /incidents/:id/notes',
  'POST /incidents/:id/recover',
] as const;
export type PlaybookCall = (typeof PLAYBOOK_CALLS)[number];

/** One request to control, with the values of variables in their places. */
export interface Request {
  readonly call: PlaybookCall;
  readonly params: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
}

export type Action = Extract<Step, { readonly type: 'action' }>;
type HttpCommand = Extract<Action['commands'][number], { readonly type: 'http-api' }>;

export function httpOf({ commands: [command] }: Action): HttpCommand | undefined {
  return command.type === 'http-api' ? command : undefined;
}

/** Checks that each request of a playbook is one of those that playbooks may make. Throws `ERR_PLAYBOOK_INVALID` with the place. */
export function checkCommands({ workflow }: Playbook): void {
  for (const [id, step] of Object.entries(workflow)) {
    if (step.type !== 'action') continue;
    const command = httpOf(step);
    if (command === undefined) continue;
    if (matchCall(command) === undefined) {
      throw invalid(
        `workflow.${id}.commands.0.command`, `${command.command} is nothing that a playbook may ask of control`,
        `It may ask ${PLAYBOOK_CALLS.join(', ')}.`,
      );
    }
    if (readContent(command) === undefined) throw invalid(`workflow.${id}.commands.0.content`, 'must be one JSON object');
  }
}

/** Names of the variables without whose value the request means something else, and is not made. */
export function neededBy(command: HttpCommand): readonly string[] {
  return [...new Set(variablesIn([command.command, command.content ?? '']))];
}

/** Throws `ERR_PLAYBOOK_INVALID` for what `checkCommands` refuses. */
export function requestOf(command: HttpCommand, valueOf: (name: string) => string | null): Request {
  const matched = matchCall(command);
  const content = readContent(command);
  if (matched === undefined || content === undefined) throw invalid('commands.0', 'is no request of a playbook');
  const params = Object.fromEntries(Object.entries(matched.params).map(([name, text]) => [name, filled(text, valueOf)]));
  const body = command.content === undefined ? undefined : filledJson(content, valueOf);
  return { call: matched.call, params, body: isObject(body) ? body : undefined };
}

/** Matched before variables are filled in: no value can make another path of it. */
function matchCall({ command }: HttpCommand): { readonly call: PlaybookCall; readonly params: Readonly<Record<string, string>> } | undefined {
  const [method = '', target = ''] = command.split(' ');
  const given = target.split('/').slice(3);
  for (const call of PLAYBOOK_CALLS) {
    const [wantedMethod, pattern = ''] = call.split(' ');
    const wanted = pattern.split('/').slice(1);
    if (wantedMethod !== method || wanted.length !== given.length) continue;
    const fits = wanted.every((part, index) => (part.startsWith(':') ? (given[index] ?? '') !== '' : part === given[index]));
    if (fits) return {
      call, params: Object.fromEntries(wanted.flatMap((part, index) => (part.startsWith(':') ? [[part.slice(1), given[index] ?? '']] : []))),
    };
  }
  return undefined;
}

function readContent({ content }: HttpCommand): JsonObject | undefined {
  if (content === undefined) return {};
  try {
    const value = parseStrictJson(content, 'content');
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    return undefined;
  }
}
