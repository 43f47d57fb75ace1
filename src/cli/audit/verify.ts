import { resolve } from 'node:path';
import type { Json } from '../../domain/json.ts';
import type { Flaw } from '../../audit/offline/flaw.ts';
import { ledgerFolder, logIdentity } from '../../audit/offline/locate.ts';
import { verifyLedger } from '../../audit/offline/verify.ts';
import type { Verified } from '../../audit/offline/verify.ts';
import { show } from '../command.ts';
import { withProgress } from '../progress.ts';
import { table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { facts } from './facts.ts';

export const verify: Verb = {
  usage: 'verify [FOLDER] [--key VKEY]',
  options: { key: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const dir = ledgerFolder(resolve(io.cwd, options.positionals[0] ?? client.home));
    const given = options.text('key');
    const { noteKey, vkey } = logIdentity(dir, given);
    const startedAt = performance.now();
    let share = 0;
    const work = verifyLedger(dir, { key: noteKey, onProgress: (done, total) => (share = total === 0 ? 1 : done / total) });
    const verified = await withProgress(io, () => `checking ${dir}, ${Math.floor(share * 100)} %`, () => work);
    const seconds = (performance.now() - startedAt) / 1000;
    show(io, options.json, toJson(dir, vkey, verified), () => view(dir, vkey, verified, seconds));
    if (given === undefined) io.note('The key was read beside the log: compare it with one that you were given elsewhere, or say --key.');
    return verified.flawCount + verified.unaccounted === 0 ? 0 : 1;
  },
};

function view(dir: string, vkey: string, verified: Verified, seconds: number): string {
  const { checkpoint, records, unsigned, erased, unaccounted, bodies, bodiesErased, bodiesGone, segments, flaws, flawCount } = verified;
  const gone = [...bodiesGone.values()].reduce((sum, count) => sum + count, 0);
  const rows: (readonly [string, string | number])[] = [
    ['ledger', dir],
    ['key', vkey],
    ['signed', checkpoint === undefined ? 'nothing' : `${checkpoint.size} records, root ${Buffer.from(checkpoint.root).toString('base64')}`],
    ['records', `${records} in ${segments === 1 ? 'one segment' : `${segments} segments`}${unsigned > 0 ? `; the last ${unsigned} are not signed yet` : ''}`],
    ['erased', `${countOf(erased)} records, whose commitments stay${unaccounted > 0 ? `; NO RECORD ACCOUNTS FOR ${unaccounted} OF THEM` : ''}`],
    ['payloads', `${bodies} intact, ${bodiesErased} erased, ${gone} expired with their files`],
    ['took', `${seconds.toFixed(1)} s`],
  ];
  if (flawCount === 0) return `${facts(rows)}\nEverything is what was logged.\n`;
  const more = flawCount > flaws.length ? `and ${flawCount - flaws.length} more\n` : '';
  const found = table(['file', 'byte', 'position', 'what'], flaws.map(cells));
  return `${facts(rows)}\n${found}${more}${flawCount === 1 ? 'One flaw' : `${flawCount} flaws`}. Nothing was changed.\n`;
}

function cells({ file, offset, position, what }: Flaw): readonly (string | number | undefined)[] {
  return [file, offset, position, what];
}

function countOf(runs: Verified['erased']): number {
  return runs.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

function toJson(dir: string, vkey: string, { checkpoint, erased, bodiesGone, flaws, ...rest }: Verified): Json {
  return {
    ...rest, ledger: dir, vkey,
    checkpoint: checkpoint === undefined ? null : { size: checkpoint.size, root: Buffer.from(checkpoint.root).toString('base64') },
    erased: erased.map(([from, to]) => [from, to]),
    bodiesGone: Object.fromEntries(bodiesGone),
    flaws: flaws.map((flaw) => ({ ...flaw })),
  };
}
