import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import { placeOf } from '../link/place.ts';
import { need, readArguments, usageError, type Arguments } from './arguments.ts';
import { controlClient, type Client } from './client.ts';
import type { Command, Io } from './command.ts';
import { createGateDoor, type GateAddress, type GateDoor } from './gate-door.ts';
import { homeFolder } from './home.ts';
import { httpOver } from './http-over.ts';
import { openSignIns } from './sign-ins.ts';
import { createSignedInTicket } from './signed-in-ticket.ts';
import { createStdioBridge } from './stdio-bridge.ts';
import { createTicket, type Ticket } from './ticket.ts';

export const command: Command = {
  name: 'connect',
  summary: 'A server or toolset as a local command for MCP clients; --write points a client at it',
  usage: `connect SERVER|t/TOOLSET|URL [--agent NAME] [--group NAME]...
connect --write CLIENT SERVER|t/TOOLSET... [--agent NAME] [--group NAME]... [--file FILE] [--yes]
connect --undo CLIENT [--file FILE]`,
  async run(args, io) {
    const options = readArguments(command, args, {
      agent: { type: 'string' },
      group: { type: 'string', multiple: true },
      write: { type: 'string' },
      undo: { type: 'string' },
      file: { type: 'string' },
      yes: { type: 'boolean' },
    });
    const [write, undo] = [options.text('write'), options.text('undo')];
    if (write !== undefined || undo !== undefined) {
      const { rewriteClient, undoClient } = await import('./connect-file.ts');
      return undo === undefined ? rewriteClient(write ?? '', options, io) : undoClient(undo, options, io);
    }
    const target = need(command, options.positionals[0], 'the server or toolset');
    if (options.positionals.length > 1) throw usageError(command, 'one command is one server or toolset');
    return serve(target, options, io);
  },
};

/** Serves stdin and stdout until the client ends them. Nothing but protocol goes to stdout. */
async function serve(target: string, options: Arguments, io: Io): Promise<number> {
  const { door, ticket } = openDoor(target, options, io);
  let fault: SallyportError | undefined;
  try {
    await ticket.token();
  } catch (cause) {
    // A client waits for its answer: it gets the reason there. A person at a terminal, or nobody, gets it here alone.
    if (!(cause instanceof SallyportError) || io.interactive) throw cause;
    fault = cause;
    io.note(`${cause.code}: ${cause.message}${cause.remedy === undefined ? '' : `\n${cause.remedy}`}`);
  }
  const leaving = new AbortController();
  process.stdout.on('error', () => leaving.abort());
  let isServed = false;
  const counted: GateDoor = {
    async send(request, signal) {
      const response = await door.send(request, signal);
      isServed = true;
      return response;
    },
  };
  try {
    const bridge = createStdioBridge({ door: counted, out: (line) => io.out(`${line}\n`), note: (line) => io.note(line) });
    await bridge.run(process.stdin, AbortSignal.any([io.signal, leaving.signal]));
  } finally {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, REVOKE_MS);
    await Promise.race([ticket.revoke(), late.promise]);
    clearTimeout(timer);
    // A stdin that is still open keeps the process alive.
    process.stdin.destroy();
  }
  return fault === undefined || isServed ? 0 : 1;
}

/** A control that does not answer must not keep a client waiting for the end; the token expires by itself. */
const REVOKE_MS = 1_000;

/** The way to a server or toolset for one agent, with a token of its own. The caller revokes the ticket. */
export function openDoor(target: string, options: Arguments, io: Io): { readonly door: GateDoor; readonly ticket: Ticket } {
  if (/^https?:\/\//.test(target)) return openSignedIn(target, options, io);
  // The token is revoked after the signal that ends everything else.
  const client = controlClient(options, { ...io, signal: new AbortController().signal });
  const route = `/mcp/${target}`;
  const prefix = options.space === undefined || options.space === DEFAULT_SPACE ? '' : `/s/${options.space}`;
  const ticket = createTicket(client, route, options.text('agent') ?? 'connect', options.list('group'));
  const address = async (): Promise<GateAddress> => ({ url: `${await gateOf(client)}${prefix}${route}`, ca: caOf(client.home) });
  return { door: createGateDoor({ address, ticket }), ticket };
}

/** A gate anywhere, as the person who signed in there (`sallyport sign-in URL`). */
function openSignedIn(url: string, options: Arguments, io: Io): { readonly door: GateDoor; readonly ticket: Ticket } {
  const signIns = openSignIns(homeFolder(io.env, options.home));
  const ticket = createSignedInTicket(url, signIns, httpOver);
  const address = async (): Promise<GateAddress> => ({ url, ca: (await signIns.read(url)).ca });
  return { door: createGateDoor({ address, ticket }), ticket };
}

/** The gate's address: the running gateway's own word on this machine, else what control says that it is. */
export async function gateOf(client: Client): Promise<string> {
  const file = join(placeOf(client.home, 'gateway'), 'door.url');
  if (client.control === undefined && existsSync(file)) return readFileSync(file, 'utf8').trim();
  const status = await client.get('/status');
  const network = isObject(status) ? status['network'] : undefined;
  const url = isObject(network) ? network['publicUrl'] : undefined;
  if (typeof url !== 'string') throw new SallyportError('ERR_NOT_RUNNING', 'no gateway is running', { remedy: 'Start it with `sallyport up`.' });
  return url;
}

export function caOf(home: string): string | undefined {
  const file = join(home, 'ca', 'ca.pem');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
