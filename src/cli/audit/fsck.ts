import { resolve } from 'node:path';
import { fsckLedger } from '../../audit/offline/fsck.ts';
import { ledgerFolder } from '../../audit/offline/locate.ts';
import { show } from '../command.ts';
import { withProgress } from '../progress.ts';
import { table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const fsck: Verb = {
  usage: 'fsck [FOLDER]',
  run: async ({ client, io, options }) => {
    const dir = ledgerFolder(resolve(io.cwd, options.positionals[0] ?? client.home));
    const { oddities, files, lines, size } = await withProgress(io, `looking through ${dir}`, () => fsckLedger(dir));
    show(io, options.json, { ledger: dir, files, lines, size, oddities: oddities.map((oddity) => ({ ...oddity })) }, () => {
      const summary = `${files} files, ${lines} lines, a checkpoint of ${size} records.\n`;
      if (oddities.length === 0) return `${summary}Everything is in its place.\n`;
      const rows = oddities.map(({ kind, file, offset, position, what }) => [kind, file, offset, position, what]);
      return `${summary}${table(['kind', 'file', 'byte', 'position', 'what'], rows)}`;
    });
    return oddities.length === 0 ? 0 : 1;
  },
};
