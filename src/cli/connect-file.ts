import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject } from '../domain/json.ts';
import { editClientText } from '../registry/client-edit.ts';
import { readClientFile, undoClientFile, writeClientFile } from '../registry/client-file.ts';
import { clientFiles, clientNamed, type Client } from '../registry/client-import.ts';
import type { Arguments } from './arguments.ts';
import { controlClient } from './client.ts';
import type { Io } from './command.ts';
import { gateOf, caOf, createTicket } from './connect.ts';
import { homeFolder } from './home.ts';

/** `connect --write`: shows what would change, writes the client's file, and proves the way with a real `tools/list`. */
export async function rewriteClient(name: string, options: Arguments, io: Io): Promise<number> {
  const client = clientNamed(name);
  const targets = options.positionals;
  if (targets.length === 0) throw new SallyportError('ERR_USAGE', 'name at least one server or toolset', { remedy: 'For instance: sallyport connect --write cursor crm' });
  const file = fileOf(client, options, io);
  const read = await readClientFile(file);
  const plan = editClientText(read.text, file, {
    client,
    redirects: targets.map((target) => ({ name: target.replace(/^t\//, ''), target })),
    program: [join(import.meta.dir, '..', '..', 'bin', 'sallyport')],
  });
  if (plan.diff === '') {
    io.note(`${file} has it already.`);
    return 0;
  }
  io.note(plan.diff);
  if (!options.flag('yes') && !(await io.confirm(`Write ${file}?`))) {
    io.note('Nothing was written.');
    return 1;
  }
  await writeClientFile(read, plan.text, backupsOf(options, io));
  for (const target of targets) io.note(`${target}: ${await toolsThrough(options, io, target)} tools through the gate`);
  io.note(`Written. Undo with: sallyport connect --undo ${client}${options.text('file') === undefined ? '' : ` --file ${file}`}`);
  return 0;
}

export async function undoClient(name: string, options: Arguments, io: Io): Promise<number> {
  const file = fileOf(clientNamed(name), options, io);
  await undoClientFile(file, backupsOf(options, io));
  io.note(`${file} is what it was before.`);
  return 0;
}

function fileOf(client: Client, options: Arguments, io: Io): string {
  const given = options.text('file');
  if (given !== undefined) return resolve(io.cwd, given);
  const [own] = clientFiles(client, { home: io.env['HOME'] ?? homedir(), cwd: io.cwd, platform: process.platform, env: io.env });
  if (own === undefined) throw new SallyportError('ERR_CLIENT_UNKNOWN', `it is not known where ${client} keeps its file`, { remedy: 'Name it with --file.' });
  return own;
}

function backupsOf(options: Arguments, io: Io): string {
  return join(homeFolder(io.env, options.home), 'client-backups');
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'sallyport-connect', version: '0.1.0' },
};

/** How many tools the client will see, by the request it will make. */
async function toolsThrough(options: Arguments, io: Io, target: string): Promise<number> {
  const client = controlClient(options, io);
  const ticket = createTicket(client, `/mcp/${target}`, options.text('agent') ?? 'connect', options.list('group'));
  await ticket.renew();
  try {
    const ca = caOf(client.home);
    const response = await fetch(`${await gateOf(client)}/mcp/${target}`, {
      method: 'POST',
      headers: { ...HEADERS, authorization: `Bearer ${ticket.token}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: ENVELOPE } }),
      ...(ca === undefined ? {} : { tls: { ca } }),
    });
    const answer: unknown = await response.json();
    const result = isObject(answer as never) ? (answer as { readonly result?: { readonly tools?: unknown } }).result : undefined;
    if (!isArray(result?.tools as never)) throw new SallyportError('ERR_VERIFY_FAILED', `${target} gives no tools through the gate`, { remedy: 'The file is written; check roles and bindings, or undo with --undo.' });
    return (result?.tools as readonly unknown[]).length;
  } finally {
    await ticket.revoke();
  }
}
