import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isSafeName, toTar } from '../../audit/bundle/tar.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { withProgress } from '../progress.ts';
import { readSpan } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { revealed } from './reveal.ts';

export const bundle: Verb = {
  usage: 'bundle [--context KEY]… [--exchange ID]… [--incident NAME] [--since 1d|TIME] [--until TIME] --out FOLDER|FILE.tar [--reveal --reason WHY]',
  options: {
    context: { type: 'string', multiple: true }, exchange: { type: 'string', multiple: true }, incident: { type: 'string' },
    since: { type: 'string' }, until: { type: 'string' }, out: { type: 'string' }, reveal: { type: 'boolean' }, reason: { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options, needText } = call;
    const out = resolve(io.cwd, needText('out'));
    const incident = options.text('incident');
    const { reveal } = await revealed(call);
    const answer = await withProgress(io, 'gathering the evidence', () => client.send('POST', '/audit/bundle', {
      contexts: [...options.list('context')], exchanges: [...options.list('exchange')], ...(incident === undefined ? {} : { incident }),
      ...time('since', options.text('since')), ...time('until', options.text('until')), reveal: reveal !== undefined,
    }));
    const files = writeBundle(out, answer);
    show(io, options.json, { out, files }, () =>
      `${out}: ${files.length} files. Check it with \`sallyport audit verify-bundle ${out}\`, or with the verify.mjs in it.\n`);
    return 0;
  },
};

function time(name: 'since' | 'until', given: string | undefined): { readonly since?: number; readonly until?: number } {
  if (given === undefined) return {};
  const span = readSpan(given);
  const at = span === undefined ? Date.parse(given) : Date.now() - span;
  if (Number.isNaN(at)) throw new SallyportError('ERR_USAGE', `--${name} is no time`, { remedy: 'Write 2h, or 2026-11-23T08:00:00Z.' });
  return { [name]: at };
}

/** Writes a bundle as control answered it, to a folder or a `.tar`; gives the names of its files. Throws `ERR_BUNDLE_INVALID`, `ERR_USAGE`. */
export function writeBundle(out: string, answer: Json): readonly string[] {
  const files = readFiles(answer);
  if (out.endsWith('.tar')) writeNew(out, toTar(files, Date.now()));
  else for (const [name, bytes] of files) writeNew(join(out, name), bytes);
  return [...files.keys()];
}

function readFiles(answer: Json): ReadonlyMap<string, Uint8Array> {
  const files = isObject(answer) && isObject(answer['files']) ? answer['files'] : {};
  return new Map(Object.entries(files).map(([name, text]) => {
    if (typeof text !== 'string' || !isSafeName(name)) throw new SallyportError('ERR_BUNDLE_INVALID', 'control answered with something else than a bundle');
    return [name, Buffer.from(text)];
  }));
}

/** Evidence never takes the place of other evidence. */
function writeNew(file: string, bytes: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, bytes, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new SallyportError('ERR_USAGE', `${file} cannot be written, or is there already`, { remedy: 'Name a new place with --out.', cause });
  }
}
