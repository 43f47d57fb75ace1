import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { clientFiles, clientNamed, type Client } from '../client-files/clients.ts';
import { editClientText, entryFor } from '../client-files/edit/redirect.ts';
import { readClientFile } from '../client-files/file.ts';
import { undoRedirected, writeRedirected } from '../client-files/seal/redirected.ts';
import { importedId } from '../registry/imported.ts';
import { need, type Arguments } from './arguments.ts';
import { show, type Io } from './command.ts';
import { command } from './connect.ts';
import { openFileVault, openOrMakeFileVault } from './config/file-vault.ts';
import { listThrough } from './connect-verify.ts';
import { homeFolder } from './home.ts';
import { plain } from './terminal.ts';

/**
 * `connect --write`: shows what would change, writes the client's file, and proves the way with a real `tools/list`. When
 * that fails the file is what it was before: nobody's client is left with an entry that does not work.
 */
export async function rewriteClient(name: string, options: Arguments, io: Io): Promise<number> {
  const client = clientNamed(name);
  const targets = options.positionals;
  need(command, targets[0], 'the server or toolset');
  const file = fileOf(client, options, io);
  const read = await readClientFile(file);
  const plan = editClientText(read.text, file, {
    client,
    redirects: targets.map((target) => ({ name: entryFor(read.text, file, target, importedId), target, options: furtherOf(options, io) })),
    program: [join(import.meta.dir, '..', '..', 'bin', 'sallyport')],
  });
  if (plan.diff === '') io.note(`${plain(file)} has it already.`);
  else {
    io.note(plan.diff);
    if (!options.flag('yes') && !(await io.confirm(`Write ${file}?`))) {
      throw new SallyportError('ERR_USAGE', 'nothing was written: nobody confirmed it', { remedy: 'Look at the difference above, then give --yes.' });
    }
    await writeRedirected(await openOrMakeFileVault(placeOf(options, io), undefined), read, plan.text);
  }
  const found: { readonly target: string; readonly tools: number }[] = [];
  try {
    for (const target of targets) found.push({ target, tools: await listThrough(target, options, io) });
  } catch (fault) {
    if (plan.diff === '') throw fault;
    await undoRedirected(await openFileVault(placeOf(options, io)), file);
    io.note(`${plain(file)} is what it was before.`);
    throw fault;
  }
  const undo = `sallyport connect --undo ${client}${options.text('file') === undefined ? '' : ` --file ${quoted(file)}`}`;
  const written = plan.diff !== '';
  show(io, options.json, { client, file, written, targets: found.map((one) => ({ ...one })), undo }, () => describe(found, written, undo));
  return 0;
}

function describe(found: readonly { readonly target: string; readonly tools: number }[], isWritten: boolean, undo: string): string {
  const lines = found.map(({ target, tools }) =>
    tools > 0 ? `${target}: ${tools} tools through the gate` : `${target}: reached, but no policy lets this agent see a tool of it (sallyport policy matrix)`);
  return `${lines.join('\n')}\n${isWritten ? `Written. Restart the client to use it. Undo with: ${undo}\n` : ''}`;
}

export async function undoClient(name: string, options: Arguments, io: Io): Promise<number> {
  const file = fileOf(clientNamed(name), options, io);
  await undoRedirected(await openFileVault(placeOf(options, io)), file);
  show(io, options.json, { file, undone: true }, () => `${plain(file)} is what it was before.\n`);
  return 0;
}

/** As whom and at which gate: the client starts the command with little of this shell's environment. */
function furtherOf(options: Arguments, io: Io): readonly string[] {
  const agent = options.text('agent');
  const home = homeFolder(io.env, options.home);
  return [
    ...(agent === undefined ? [] : ['--agent', agent]),
    ...options.list('group').flatMap((group) => ['--group', group]),
    ...(home === homeFolder({ HOME: io.env['HOME'] }) ? [] : ['--home', home]),
    ...(options.space === undefined ? [] : ['--space', options.space]),
  ];
}

function fileOf(client: Client, options: Arguments, io: Io): string {
  const given = options.text('file');
  if (given !== undefined) return resolve(io.cwd, given);
  const [own] = clientFiles(client, { home: io.env['HOME'] ?? homedir(), cwd: io.cwd, platform: process.platform, env: io.env });
  if (own === undefined) throw new SallyportError('ERR_CLIENT_UNKNOWN', `it is not known where ${client} keeps its file`, { remedy: 'Name it with --file.' });
  return own;
}

/** Where what the file was is kept, encrypted. */
function placeOf(options: Arguments, io: Io): Parameters<typeof openFileVault>[0] {
  return { options, io, home: homeFolder(io.env, options.home) };
}

/** For pasting into a shell. */
export function quoted(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll('\'', String.raw`'\''`)}'`;
}
