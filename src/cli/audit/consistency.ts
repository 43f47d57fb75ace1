import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { ledgerFolder, logIdentity, readCheckpointFile, signedIn } from '../../audit/offline/locate.ts';
import { openTree, verifyConsistency } from '../../audit/log/proof.ts';
import { logDir } from '../../audit/log/tiles.ts';
import { show } from '../command.ts';
import type { Verb } from '../verbs.ts';

export const consistency: Verb = {
  usage: 'consistency <OLDER-CHECKPOINT-FILE> [NEWER-CHECKPOINT-FILE] [--folder FOLDER] [--key VKEY]',
  options: { key: { type: 'string' }, folder: { type: 'string' } },
  run: ({ client, io, options, need }) => {
    const dir = ledgerFolder(resolve(io.cwd, options.text('folder') ?? client.home));
    const identity = logIdentity(dir, options.text('key'));
    const older = readCheckpointFile(resolve(io.cwd, need(0, 'the older checkpoint')), identity);
    const [, newerFile] = options.positionals;
    const newer = newerFile === undefined ? signedIn(dir, identity) : readCheckpointFile(resolve(io.cwd, newerFile), identity);
    if (older.size > newer.size) {
      throw new SallyportError('ERR_LOG_INCONSISTENT', `the log of ${newer.size} records cannot continue one of ${older.size}`, {
        remedy: 'Where the larger one is the older one, records are missing: the log was set back. Keep both checkpoints.',
      });
    }
    const proof = older.size === 0 || older.size === newer.size ? [] : openTree(logDir(dir), newer.size).consistency(older.size);
    if (!verifyConsistency(older.size, older.root, newer.size, newer.root, proof)) {
      throw new SallyportError('ERR_LOG_INCONSISTENT', `no proof leads from the checkpoint of ${older.size} records to that of ${newer.size}`, {
        remedy: 'Either the tiles are not the log’s (see `sallyport audit verify`), or the log’s key signed two histories: keep both checkpoints.',
      });
    }
    const hashes = proof.map((hash) => Buffer.from(hash).toString('base64'));
    show(io, options.json, { origin: identity.origin, first: older.size, second: newer.size, proof: hashes, older: older.note, newer: newer.note }, () =>
      `The log of ${newer.size} records begins with the one of ${older.size}: nothing of it was changed or left out.\n` +
      hashes.map((hash) => `${hash}\n`).join(''));
    return Promise.resolve(0);
  },
};
