import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERROR_CODES, SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Arguments } from './arguments.ts';
import type { Io } from './command.ts';
import { homeFolder } from './home.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The control API as the CLI sees it: one space, one administrator. Errors arrive as the `SallyportError` that control gave. */
export interface Client {
  readonly home: string;
  get(path: string, query?: Query): Promise<Json>;
  send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: JsonObject): Promise<Json>;
  /** Objects as they come, until the signal aborts or control ends. */
  stream(path: string, query: Query): AsyncGenerator<Json>;
}

const NOT_RUNNING_REMEDY = 'Start it with `sallyport up`, or name its state folder with --home.';

/** A client for the control plane of a state folder. Nothing is opened before the first request. */
export function controlClient(args: Pick<Arguments, 'home' | 'space'>, io: Io): Client {
  const home = homeFolder(io.env, args.home);
  const ask = (method: string, path: string, query: Query = {}, body?: JsonObject): Promise<Response> =>
    request({ home, token: io.env['SALLYPORT_ADMIN_TOKEN'], space: args.space, method, path, query, body, signal: io.signal });
  return {
    home,
    get: async (path, query) => readJson(await ask('GET', path, query)),
    send: async (method, path, body) => readJson(await ask(method, path, {}, body)),
    stream: async function* stream(path, query) {
      yield* readLines(await ask('GET', path, query));
    },
  };
}

interface Ask {
  readonly home: string;
  /** Another than this machine's: a person's own, or one that custodians opened. */
  readonly token: string | undefined;
  readonly space: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly body: JsonObject | undefined;
  readonly signal: AbortSignal;
}

async function request(ask: Ask): Promise<Response> {
  const token = ask.token ?? await adminToken(ask.home);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(ask.query)) if (value !== undefined) query.set(name, String(value));
  if (ask.space !== undefined) query.set('space', ask.space);
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (ask.body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(`http://control/api/v1${ask.path}${query.size > 0 ? `?${query.toString()}` : ''}`, {
      method: ask.method, headers, unix: join(ask.home, 'run', 'api.sock'), redirect: 'error', signal: ask.signal,
      // A tail is silent for as long as nothing happens.
      timeout: false,
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    });
  } catch (cause) {
    throw new SallyportError('ERR_NOT_RUNNING', `control does not answer at ${ask.home}`, { remedy: NOT_RUNNING_REMEDY, cause });
  }
  if (!response.ok) throw errorOf(readBody(await response.text()), response.status);
  return response;
}

async function adminToken(home: string): Promise<string> {
  try {
    return (await readFile(join(home, 'control', 'admin.token'), 'utf8')).trim();
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (absent) throw new SallyportError('ERR_NOT_RUNNING', `no control plane was ever started at ${home}`, { remedy: NOT_RUNNING_REMEDY, cause });
    throw new SallyportError('ERR_ADMIN_TOKEN', `the administrator's token at ${home} cannot be read`, {
      remedy: 'Run the command as the user that runs Sallyport.', cause,
    });
  }
}

function isCode(value: Json | undefined): value is ErrorCode {
  return ERROR_CODES.some((code) => code === value);
}

function errorOf(body: Json, status: number): SallyportError {
  const { code, message, remedy } = isObject(body) ? body : {};
  return new SallyportError(isCode(code) ? code : 'ERR_INTERNAL', typeof message === 'string' ? message : `control answered with HTTP ${status}`, {
    remedy: typeof remedy === 'string' ? remedy : 'See what `sallyport doctor` says.',
  });
}

async function readJson(response: Response): Promise<Json> {
  const text = await response.text();
  return text === '' ? null : parse(text);
}

function parse(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

/** An error's body, or null when something other than control wrote it. */
function readBody(text: string): Json {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

async function* readLines(response: Response): AsyncGenerator<Json> {
  if (response.body === null) return;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield parse(line);
  }
}
