import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { restoreFile, tidyFile } from '../../client-files/seal/seal.ts';
import type { Kept } from '../../client-files/seal/kept.ts';
import { clientOf } from '../../client-files/table/client-of.ts';
import { SallyportError } from '../../domain/errors.ts';
import { show } from '../command.ts';
import { plain, table, time } from '../terminal.ts';
import type { Call } from '../verbs.ts';
import { actOnFile } from './file-acts.ts';
import { openFileVault } from './file-vault.ts';

const ACTS: Readonly<Record<Kept['act'], string>> = {
  seal: 'before it was sealed', unseal: 'before it was unsealed', restore: 'before it was restored', connect: 'before it went through the gate',
  left: 'found beside it after a kill', encrypt: 'before it was encrypted',
};

/** A client's file as it was at one of the times that were kept; what it is now is kept first. */
export async function restoreClientFile(call: Call, name: string): Promise<number> {
  const { options, io, client } = call;
  const named = resolve(io.cwd, name);
  const file = await realpath(named).catch(() => named);
  const vault = await openFileVault({ options, io, home: client.home });
  const all = (await vault.keep.list(file)).toReversed();
  const rows = all.map(({ at, act, before, values }, index) =>
    ({ number: index + 1, at, what: ACTS[act], bytes: before?.byteLength ?? 0, holdsSecrets: values.length > 0 }));
  if (options.flag('list')) {
    show(io, options.json, { file, states: rows }, () => table(['number', 'when', 'what it is', 'bytes', ''], rows.map((row) =>
      [String(row.number), time(row.at), row.what, String(row.bytes), row.holdsSecrets ? 'holds secrets' : ''])));
    return 0;
  }
  const number = options.text('number');
  const kept = number === undefined ? all.at(-1) : all[Number(number) - 1];
  if (kept === undefined) throw new SallyportError('ERR_NOT_FOUND', `nothing of that kind was kept of ${plain(file)}`, {
    remedy: `See: sallyport config restore ${plain(name)} --list`,
  });
  const question = `Make ${plain(file)} what it was ${time(kept.at)}, ${ACTS[kept.act]}${kept.values.length > 0 ? ', with its secrets in clear' : ''}?`;
  if (!options.flag('yes') && !(await io.confirm(question))) {
    throw new SallyportError('ERR_USAGE', 'nothing was written: nobody confirmed it', { remedy: 'Look at what was kept (--list), then give --yes.' });
  }
  const reason = options.text('reason');
  const detail = { file, client: clientOf(file), how: ACTS[kept.act], ...(reason === undefined ? {} : { reason }) };
  await actOnFile(call, '/file-restores', detail, async () => {
    await tidyFile(vault, file);
    await restoreFile(vault, file, kept);
  });
  show(io, options.json, { file, restored: kept.at }, () => `${plain(file)} is what it was ${time(kept.at)}.\n`);
  return 0;
}
