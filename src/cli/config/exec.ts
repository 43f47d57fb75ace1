import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { isEncrypted, readEncrypted } from '../../client-files/seal/at-rest.ts';
import { releaseFor } from '../../client-files/seal/release.ts';
import { readText } from '../../client-files/read/document.ts';
import { readClientFile } from '../../client-files/file.ts';
import { SallyportError } from '../../domain/errors.ts';
import { plain } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { openFileVault } from './file-vault.ts';
import { inView } from './run-in-view.ts';

/**
 * Starts a command with the secrets that were taken out of a client's file: a server whose entry was sealed, or a client that fills in
 * variables. They stand in the memory and environment of what is started, and nowhere else. Standard input and output are its own.
 */
export const exec: Verb = {
  usage: 'exec --file FILE -- COMMAND ARGUMENT...',
  options: { file: { type: 'string' }, fd: { type: 'string' } },
  run: async (call) => {
    const { options, io, client } = call;
    const [program = '', ...args] = options.positionals;
    if (program === '') throw new SallyportError('ERR_USAGE', 'the command is missing', {
      remedy: 'Write it behind --: sallyport config exec --file FILE -- COMMAND',
    });
    const named = resolve(io.cwd, call.needText('file'));
    const vault = await openFileVault({ options, io, home: client.home });
    if (await isEncrypted(named)) {
      const view = await inView([program, ...args], named, await readEncrypted(vault, named, vault.text), io.env['PATH']);
      try {
        return await run(view.command, io.env, io.signal, view.input);
      } finally {
        await view.after();
      }
    }
    const read = await readClientFile(named);
    const { json } = readText(read.text, read.path);
    const released = releaseFor({ command: [program, ...args], env: io.env }, read.path, json, await vault.keep.list(read.path));
    for (const { server, name } of released.withheld) {
      io.note(`${plain(name)} of ${plain(server)} is withheld: what its entry starts is not what was sealed (sallyport config audit)`);
    }
    return run(released.command, { ...io.env, ...released.env }, io.signal);
  },
};

type Environment = Readonly<Record<string, string | undefined>>;

/** As the shell would end: by the command's own code, or 128 and the signal that ended it. */
async function run([program = '', ...args]: readonly string[], env: Environment, signal: AbortSignal, input?: Uint8Array): Promise<number> {
  const stdio = ['inherit', 'inherit', 'inherit', ...(input === undefined ? [] : ['pipe' as const])] as const;
  const child = spawn(program, args, { stdio: [...stdio], env: { ...env } });
  const pipe = input === undefined ? undefined : child.stdio[3];
  if (pipe instanceof Writable) pipe.end(input);
  const forward = (name: NodeJS.Signals) => (): boolean => child.kill(name);
  const onAbort = forward('SIGTERM');
  signal.addEventListener('abort', onAbort, { once: true });
  const { promise, resolve: end, reject } = Promise.withResolvers<number>();
  child.once('error', (cause) => reject(new SallyportError('ERR_NOT_FOUND', `${plain(program)} can't be started`, {
    remedy: 'Check the command in the client\'s file.', cause,
  })));
  child.once('exit', (code, ended) => end(code ?? 128 + (ended === null ? 0 : constants.signals[ended])));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
