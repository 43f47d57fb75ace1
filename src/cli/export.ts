import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { callOf } from './verbs.ts';

export const command: Command = {
  name: 'export',
  summary: 'Write what the store holds as sallyport.yaml and policy files',
  usage: 'export [--to FOLDER]',
  async run(args, io) {
    const call = callOf(command, args, { to: { type: 'string' } }, io);
    const answer = await call.client.get('/manifest');
    const folder = call.options.text('to');
    if (folder === undefined) {
      show(io, call.options.json, answer, () => text(part(answer, 'text')));
      return 0;
    }
    const named = objects([...objects(part(answer, 'policies')), part(answer, 'extraRoots') ?? null]);
    const files = [
      { file: 'sallyport.yaml', content: text(part(answer, 'text')) },
      ...named.map((one) => ({ file: text(one['file']), content: text(one['text']) })),
    ];
    for (const { file, content } of files) await write(join(folder, inside(file)), content);
    show(io, call.options.json, { files: files.map(({ file }) => file) }, () => files.map(({ file }) => `${join(folder, file)}\n`).join(''));
    return 0;
  },
};

/** A policy's name came over the API: it must not choose a place outside the folder that was asked for. */
function inside(file: string): string {
  const path = normalize(file);
  if (!isAbsolute(path) && !path.startsWith('..')) return path;
  throw new SallyportError('ERR_CONFIG_INVALID', `the policy file "${file}" has a name that points outside`, { remedy: 'Put it again under a relative name.' });
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${path} exists or cannot be written`, { remedy: 'Export into an empty folder.', cause });
  }
}
