import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERROR_CODES, SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { placeOf } from '../link/place.ts';
import type { Arguments } from './arguments.ts';
import type { Io } from './command.ts';
import { openControlDoor, type ControlDoor } from './control-door.ts';
import { homeFolder } from './home.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The control API as the CLI sees it: one space, one administrator. Errors arrive as the `SallyportError` that control gave. */
export interface Client {
  readonly home: string;
  /** The URL of the control, when it is not this machine's by its socket. */
  readonly control: string | undefined;
  get(path: string, query?: Query): Promise<Json>;
  send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: JsonObject): Promise<Json>;
  /** Objects as they come, until the signal aborts or control ends. */
  stream(path: string, query: Query): AsyncGenerator<Json>;
  /** The same, of what a body asks for. */
  follow(path: string, body: JsonObject): AsyncGenerator<Json>;
}

const NOT_RUNNING_REMEDY = 'Start it with `sallyport up`, or name its state folder with --home.';

/** A client for the control plane of a state folder, or of whatever --control names. Nothing is opened before the first request. */
export function controlClient(args: Pick<Arguments, 'home' | 'space' | 'control'>, io: Io): Client {
  const home = homeFolder(io.env, args.home);
  const control = args.control ?? io.env['SALLYPORT_CONTROL'];
  // Made when it is first needed, then kept: what the door says of one request serves the next.
  let door: ControlDoor | undefined;
  const send: ControlDoor = (asked) => {
    door ??= control === undefined ? socketDoor(home, io.env['SALLYPORT_ADMIN_TOKEN']) : openControlDoor(home, control);
    return door(asked);
  };
  const ask = (method: string, path: string, query: Query = {}, body?: JsonObject): Promise<Response> =>
    request(send, { space: args.space, method, path, query, body, signal: io.signal });
  return {
    home, control,
    get: async (path, query) => readJson(await ask('GET', path, query)),
    send: async (method, path, body) => readJson(await ask(method, path, {}, body)),
    stream: async function* stream(path, query) {
      yield* readLines(await ask('GET', path, query));
    },
    follow: async function* follow(path, body) {
      yield* readLines(await ask('POST', path, {}, body));
    },
  };
}

interface Ask {
  readonly space: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly body: JsonObject | undefined;
  readonly signal: AbortSignal;
}

async function request(send: ControlDoor, ask: Ask): Promise<Response> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(ask.query)) if (value !== undefined) query.set(name, String(value));
  if (ask.space !== undefined) query.set('space', ask.space);
  const response = await send({
    method: ask.method, path: `${ask.path}${query.size > 0 ? `?${query.toString()}` : ''}`, signal: ask.signal,
    ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
  });
  if (!response.ok) throw errorOf(readBody(await response.text()), response.status);
  return response;
}

/** Control of this machine. `given`: another token than its own, such as one that custodians opened. */
function socketDoor(home: string, given: string | undefined): ControlDoor {
  return async ({ method, path, body, signal }) => {
    const token = given ?? await adminToken(home);
    try {
      return await fetch(`http://control/api/v1${path}`, {
        method, unix: join(placeOf(home, 'control'), 'api.sock'), redirect: 'error', signal,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        // A tail is silent for as long as nothing happens.
        timeout: false,
        ...(body === undefined ? {} : { body }),
      });
    } catch (cause) {
      throw new SallyportError('ERR_NOT_RUNNING', `control does not answer at ${home}`, { remedy: NOT_RUNNING_REMEDY, cause });
    }
  };
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

/** What control refused with, as the fault that it is here. */
export function errorOf(body: Json, status: number): SallyportError {
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
