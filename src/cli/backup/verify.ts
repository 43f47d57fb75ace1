import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { restoreLog } from '../../audit/backup.ts';
import { readArchive } from '../../backup/archive-read.ts';
import type { TarFile } from '../../backup/tar.ts';
import { show } from '../command.ts';
import { withProgress } from '../progress.ts';
import type { Verb } from '../verbs.ts';
import { line, summaryOf } from './create.ts';
import { PLACES } from './gather.ts';
import { OPENING, OPENING_USAGE, readOpening } from './identity.ts';

const USAGE = `verify FILE ${OPENING_USAGE}`;
/** What is public of the ledger, by which its tree can be made anew; all else is read and thrown away. */
const LOG_FILES: readonly string[] = [`${PLACES.home}ledger/log.json`, `${PLACES.home}ledger/log/checkpoint`];

export const verify: Verb = {
  usage: USAGE,
  options: OPENING,
  local: true,
  run: async ({ options, io, need }) => {
    const file = resolve(io.cwd, need(0, 'the archive'));
    const opening = await readOpening(options, io, `backup ${USAGE}`);
    const place = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
    try {
      const leaves: string[] = [];
      const manifest = await withProgress(io, 'reading the archive', () => readArchive({
        file, ...opening,
        take: async (one) => {
          const isLeaf = one.name.startsWith(PLACES.leaves);
          if (!isLeaf && !LOG_FILES.includes(one.name)) return drain(one);
          const target = join(place, isLeaf ? one.name : one.name.slice(PLACES.home.length));
          if (isLeaf) leaves.push(target);
          return keep(one, target);
        },
      }));
      if (manifest.ledger !== undefined) await restoreLog(join(place, 'ledger'), readAll(leaves));
      show(io, options.json, { ok: true, ...summaryOf(manifest) }, () => `Whole, and signed by ${manifest.installation}.\n  ${line(manifest)}\n`);
      return 0;
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  },
};

async function drain({ body }: TarFile): Promise<void> {
  for await (const _ of body);
}

async function keep({ body }: TarFile, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await using handle = await open(target, 'w', 0o600);
  for await (const chunk of body) await handle.writeFile(chunk);
}

async function* readAll(files: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const file of files) yield await readFile(file);
}
