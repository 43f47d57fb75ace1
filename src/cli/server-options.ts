import { EFFECTS } from '../domain/server.ts';
import type { Effect } from '../domain/server.ts';
import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { OptionTable } from './arguments.ts';
import type { Call } from './verbs.ts';

export const SERVER_OPTIONS = {
  url: { type: 'string' }, sse: { type: 'boolean' }, 'allow-private': { type: 'boolean' },
  owner: { type: 'string' }, hosting: { type: 'string' }, vendor: { type: 'string' }, tier: { type: 'string' },
  confidentiality: { type: 'string' }, category: { type: 'string', multiple: true }, trusted: { type: 'boolean' },
  env: { type: 'string', multiple: true }, cwd: { type: 'string' }, shared: { type: 'boolean' },
  header: { type: 'string' }, secret: { type: 'string' }, effect: { type: 'string', multiple: true },
} as const satisfies OptionTable;

/** The new server that `server add` asks control for; control checks every field. Defaults are those of sallyport.yaml. */
export function readNewServer(call: Call): JsonObject {
  const [id, ...command] = [call.need(0, 'the server\'s name'), ...call.options.positionals.slice(1)];
  return { id, endpoint: readEndpoint(call, command), ...readDeclared(call) };
}

/** What is said of a server besides where it is. */
export function readDeclared(call: Call): JsonObject {
  const { options } = call;
  return {
    owner: call.needText('owner'),
    ...(options.text('vendor') === undefined ? {} : { vendor: options.text('vendor') ?? '' }),
    hosting: options.text('hosting') ?? (options.text('vendor') === undefined ? 'self' : 'vendor'), tier: options.text('tier') ?? 'internal',
    labels: {
      confidentiality: options.text('confidentiality') ?? 'confidential', categories: options.list('category'),
      integrity: options.flag('trusted') ? 'trusted' : 'untrusted',
    },
    credentials: options.text('header') === undefined ? { type: 'none' } : { type: 'header', header: call.needText('header'), secret: call.needText('secret') },
    tools: Object.fromEntries(Object.entries(readEffects(call)).map(([tool, effect]) => [tool, { effect }])),
  };
}

/** At `--url`, or started by a command. Throws `ERR_USAGE` for both and for neither. */
function readEndpoint(call: Call, command: readonly string[]): JsonObject {
  const { options } = call;
  const url = options.text('url');
  const [program] = command;
  if ((url === undefined) === (program === undefined)) {
    throw new SallyportError(
      'ERR_USAGE', 'a server is either a --url or a command',
      { remedy: 'Write `server add ID --owner WHO --url URL`, or `server add ID --owner WHO -- COMMAND ARGUMENT...`.' },
    );
  }
  if (url !== undefined) return { transport: options.flag('sse') ? 'sse' : 'http', url, allowPrivate: options.flag('allow-private') };
  return readLaunch(call, command);
}

/** A command with `--env`, `--cwd` and `--shared`. */
export function readLaunch({ options }: Call, [program = '', ...args]: readonly string[]): JsonObject {
  const cwd = options.text('cwd');
  const env = Object.fromEntries(options.list('env').map((pair) => splitPair(pair, '--env')));
  return { transport: 'stdio', launch: { command: program, args, env, shared: options.flag('shared'), ...(cwd === undefined ? {} : { cwd }) } };
}

/** `--effect TOOL=EFFECT`, any number of times. */
export function readEffects({ options }: Call): Readonly<Record<string, Effect>> {
  return Object.fromEntries(options.list('effect').map((pair) => {
    const [tool, name] = splitPair(pair, '--effect');
    const effect = EFFECTS.find((one) => one === name);
    if (effect === undefined) throw new SallyportError('ERR_USAGE', `"${name}" is no effect`, { remedy: `Effects are ${EFFECTS.join(', ')}.` });
    return [tool, effect] as const;
  }));
}

function splitPair(pair: string, option: string): readonly [string, string] {
  const at = pair.indexOf('=');
  if (at < 1) throw new SallyportError('ERR_USAGE', `${option} wants NAME=VALUE`, { remedy: `Write for instance ${option} name=value.` });
  return [pair.slice(0, at), pair.slice(at + 1)];
}
