import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { show } from './command.ts';
import { withProgress } from './progress.ts';
import { table } from './terminal.ts';
import { compareFiles, digestFiles } from './verify-files.ts';
import { readReleaseFiles } from './verify-manifest.ts';
import type { Call } from './verbs.ts';

export const VERIFY_USAGE = 'doctor --verify [--key FILE] [--program FOLDER] MANIFEST';
export const VERIFY_OPTIONS = { verify: { type: 'boolean' }, key: { type: 'string' }, program: { type: 'string' } } as const;

/** So many paths of each kind are shown to people; machines get up to a thousand. */
const SHOWN_MAX = 20;
const LISTED_MAX = 1000;

/** Compares a program's files with a signed release manifest: by default those of the program that runs. The exit code is 1 unless all is good. */
export async function verifyProgram({ options, io, need }: Call): Promise<number> {
  const root = options.text('program') === undefined ? join(import.meta.dir, '..', '..') : resolve(io.cwd, options.text('program') ?? '');
  const key = options.text('key');
  const text = await readSmall(resolve(io.cwd, need(0, 'the manifest')));
  const { files: release, signedBy } = readReleaseFiles(text, key === undefined ? undefined : await readSmall(resolve(io.cwd, key)));
  const found = await withProgress(io, 'reading the program', () => digestFiles(root));
  const { changed, missing, extra } = compareFiles(release.files, found);
  const isWhole = changed.length + missing.length + extra.length === 0;
  show(io, options.json, {
    program: root, version: release.version, platform: release.platform, signedBy: signedBy ?? null, isWhole,
    counts: { changed: changed.length, missing: missing.length, extra: extra.length },
    changed: changed.slice(0, LISTED_MAX), missing: missing.slice(0, LISTED_MAX), extra: extra.slice(0, LISTED_MAX),
  }, () => table(['what', 'state', 'found'], [
    ['release', 'good', `${release.name} ${release.version} for ${release.platform}, ${Object.keys(release.files).length} files`],
    signedBy === undefined
      ? ['signature', 'BAD', 'not checked: anybody could have written this manifest. Name the release key with --key']
      : ['signature', 'good', `of the key ${signedBy}`],
    ...([['changed', changed], ['missing', missing], ['extra', extra]] as const).map(([what, paths]) => (
      [what, paths.length === 0 ? 'good' : 'BAD', shown(paths)])),
  ]));
  return isWhole && signedBy !== undefined ? 0 : 1;
}

function shown(paths: readonly string[]): string {
  if (paths.length === 0) return 'none';
  return [...paths.slice(0, SHOWN_MAX), ...(paths.length > SHOWN_MAX ? [`and ${paths.length - SHOWN_MAX} more`] : [])].join('\n');
}

async function readSmall(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size > LIMITS.releaseManifestBytesMax) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${path} is no plain file of at most ${LIMITS.releaseManifestBytesMax} bytes`, {
      remedy: 'Name the release manifest (files.dsse.json) and the release key (PEM).',
    });
  }
  return readFile(path, 'utf8');
}
