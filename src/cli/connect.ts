import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import { need, readArguments } from './arguments.ts';
import { controlClient, type Client } from './client.ts';
import type { Command } from './command.ts';
import { rewriteClient, undoClient } from './connect-file.ts';
import { createStdioBridge } from './stdio-bridge.ts';

const TOKEN_MS = 60 * 60_000;
/** A token is replaced well before it ends, so that no call meets an expired one. */
const RENEW_MS = TOKEN_MS / 2;

export const command: Command = {
  name: 'connect',
  summary: 'A server or toolset as a local command for MCP clients; --write points a client at it',
  usage: 'connect SERVER|t/TOOLSET [--agent NAME] [--group NAME]...\nconnect --write CLIENT SERVER|t/TOOLSET... [--file FILE] [--yes]\nconnect --undo CLIENT [--file FILE]',
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
    if (undo !== undefined) return undoClient(undo, options, io);
    if (write !== undefined) return rewriteClient(write, options, io);
    const target = need(command, options.positionals[0], 'the server or toolset');
    const client = controlClient(options, io);
    const agent = options.text('agent') ?? 'connect';
    const groups = options.list('group');
    const ticket = createTicket(client, `/mcp/${target}`, agent, groups);
    await ticket.renew();
    const timer = setInterval(() => void ticket.renew().catch((fault: unknown) => io.note(`token not renewed: ${fault instanceof Error ? fault.message : 'unknown'}`)), RENEW_MS);
    try {
      await createStdioBridge({ url: `${await gateOf(client)}/mcp/${target}`, ca: caOf(client.home), token: () => ticket.token, out: (line) => io.out(`${line}\n`), note: (text) => io.note(text) })
        .run(process.stdin, io.signal);
    } finally {
      clearInterval(timer);
      await ticket.revoke();
    }
    return 0;
  },
};

interface Ticket {
  readonly token: string;
  renew(): Promise<void>;
  revoke(): Promise<void>;
}

/** A short-lived token for this one route, held in memory only and revoked when the client ends. */
export function createTicket(client: Client, audience: string, agent: string, groups: readonly string[]): Ticket {
  let current: { readonly id: string; readonly token: string } | undefined;
  return {
    get token() {
      return current?.token ?? '';
    },
    async renew() {
      const made = await client.send('POST', '/agents', { agent, audience: [audience], groups, ttlMs: TOKEN_MS });
      if (!isObject(made) || typeof made['token'] !== 'string' || typeof made['id'] !== 'string') throw new SallyportError('ERR_INTERNAL', 'control made no token');
      const before = current;
      current = { id: made['id'], token: made['token'] };
      if (before !== undefined) await client.send('DELETE', `/agents/${before.id}`);
    },
    async revoke() {
      if (current !== undefined) await client.send('DELETE', `/agents/${current.id}`).catch(() => undefined);
    },
  };
}

/** The gate's address: the running gateway's own word on this machine, else what control says that it is. */
export async function gateOf(client: Client): Promise<string> {
  const file = join(client.home, 'run', 'gateway.url');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
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
