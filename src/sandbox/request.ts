import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { LaunchSpec } from '../domain/server.ts';
import type { ProcessRequest } from './processes.ts';

const LAUNCH_FIELDS = new Set(['command', 'args', 'env', 'cwd', 'shared']);
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const KEY = /^[\w.-]{1,200}$/;

/** Reads what the gateway asks to start. A field that the closed type does not have is refused (invariant 9). */
export function readProcessRequest(body: Json): ProcessRequest {
  const { key, origin, launch } = readObject(body, new Set(['key', 'origin', 'launch']));
  const spec = readObject(launch, LAUNCH_FIELDS);
  const cwd = spec['cwd'];
  if (typeof spec['shared'] !== 'boolean') throw invalid('shared');
  if (cwd !== undefined && !(typeof cwd === 'string' && cwd.startsWith('/'))) throw invalid('cwd');
  const read: LaunchSpec = { command: text(spec['command'], 'command'), args: readArgs(spec['args']), env: readEnv(spec['env']), shared: spec['shared'] };
  return { key: readKey(key), origin: readKey(origin), launch: cwd === undefined ? read : { ...read, cwd } };
}

export function readKey(value: Json | undefined): string {
  if (typeof value === 'string' && KEY.test(value)) return value;
  throw invalid('key');
}

export function readObject(value: Json | undefined, fields: ReadonlySet<string>): JsonObject {
  if (!isObject(value)) throw invalid('object');
  for (const field of Object.keys(value)) if (!fields.has(field)) throw invalid(`unknown field ${field}`);
  return value;
}

export function text(value: Json | undefined, field: string): string {
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw invalid(field);
}

function readArgs(value: Json | undefined): readonly string[] {
  if (!isArray(value)) throw invalid('args');
  return value.map((argument) => text(argument, 'args'));
}

function readEnv(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isObject(value)) throw invalid('env');
  return Object.fromEntries(Object.entries(value).map(([name, content]) => {
    if (!VARIABLE.test(name)) throw invalid('env');
    return [name, text(content, 'env')];
  }));
}

function invalid(what: string): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', 'The runner was asked for something that is not a launch.', { internal: what, dispatched: false });
}
