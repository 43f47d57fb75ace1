import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DRAFT } from '../../backup/archive-write.ts';
import { readBackup } from '../../control/backups/settings.ts';
import { SallyportError } from '../../domain/errors.ts';
import { openStore } from '../../store/open.ts';
import { show } from '../command.ts';
import { span, table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { databaseOf } from './database.ts';

const NAME = /^sallyport-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z\.age$/;

export const list: Verb = {
  usage: 'list [--in FOLDER]',
  options: { in: { type: 'string' } },
  local: true,
  run: async ({ options, client, io }) => {
    const folder = options.text('in') ?? await configured(client.home, io.env);
    if (folder === undefined) {
      throw new SallyportError('ERR_USAGE', 'say where the backups lie', { remedy: 'With --in FOLDER, or backup.folder in sallyport.yaml.' });
    }
    const place = resolve(io.cwd, folder);
    const found = readdirSync(place).toSorted().flatMap((name) => {
      const [, ...moment] = NAME.exec(name) ?? [];
      const [year = '', month, day, hour, minute, second] = moment;
      if (year === '') return [];
      return [{ file: join(place, name), at: Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`), bytes: statSync(join(place, name)).size }];
    });
    if (readdirSync(place).some((name) => name.endsWith(DRAFT))) io.note('A backup is being made, or was cut short: the next one takes that away.');
    show(io, options.json, { backups: found }, () => table(['backup', 'age', 'MB'], found.map(({ file, at, bytes }) =>
      [file, span(Date.now() - at), (bytes / 1e6).toFixed(1)])));
    return 0;
  },
};

async function configured(home: string, env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const { url, options } = databaseOf(home, env);
  const store = await openStore(url, options);
  try {
    return (await readBackup(store)).folder;
  } finally {
    await store.close();
  }
}
