import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { writeBundle } from '../../knowledge/bundle.ts';
import { publicHalf } from '../../recovery/order.ts';
import { show } from '../command.ts';
import { part, text } from '../json-view.ts';
import { usageError } from '../arguments.ts';
import { plain } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { readBundleFile } from './bundle-file.ts';
import { currentTables } from './current.ts';
import { readSigningKey } from './signing-key.ts';

export const imported: Verb = {
  usage: 'import FILE',
  run: async ({ io, options, client, need }) => {
    const { text: bundle } = await readBundleFile(io, need(0, 'the bundle'));
    const answer = await client.send('POST', '/knowledge/bundles', { bundle });
    show(io, options.json, answer, () =>
      `Edition ${text(part(answer, 'sequence'))}, signed by ${plain(text(part(answer, 'signers')))}, is version ${text(part(answer, 'number'))} here.\n`);
    return 0;
  },
};

export const rollback: Verb = {
  usage: 'rollback VERSION --reason WHY\n          VERSION: as `knowledge history` counts them; 0 is what ships with the program',
  options: { reason: { type: 'string' } },
  run: async ({ io, options, client, need, needText }) => {
    const version = need(0, 'the version');
    if (!/^\d{1,9}$/.test(version)) throw usageError({ usage: `knowledge ${rollback.usage}` }, 'the version is a number');
    const answer = await client.send('POST', '/knowledge/rollback', { number: Number(version), reason: needText('reason') });
    show(io, options.json, answer, () => `Edition ${text(part(answer, 'sequence'))} is in force again, as version ${text(part(answer, 'number'))}.\n`);
    return 0;
  },
};

export const bundled: Verb = {
  usage: `bundle --key FILE --by NAME --out FILE [--sequence N]
          signs what is in force here, for other gates. FILE: an Ed25519 key (PEM) that nobody else can read; NAME: as their sallyport.yaml calls it`,
  options: { key: { type: 'string' }, by: { type: 'string' }, out: { type: 'string' }, sequence: { type: 'string' } },
  run: async ({ io, options, client, needText }) => {
    const key = await readSigningKey(resolve(io.cwd, needText('key')));
    const { tables } = await currentTables(client);
    const sequence = Number(options.text('sequence') ?? tables.sequence + 1);
    if (!Number.isSafeInteger(sequence) || sequence < 1) throw usageError({ usage: `knowledge ${bundled.usage}` }, '--sequence is a number');
    const out = resolve(io.cwd, needText('out'));
    const by = needText('by');
    const bundle = writeBundle({ ...tables, sequence, issuedAt: new Date().toISOString() }, by, key);
    await writeFile(out, bundle, { flag: 'wx' }).catch((cause: unknown) => {
      throw new SallyportError('ERR_FILE_CHANGED', `${out} could not be made`, { remedy: 'Name a file that is not there yet.', cause });
    });
    const publicKey = publicHalf(key);
    show(io, options.json, { file: out, sequence, publicKey }, () =>
      `${plain(out)} holds edition ${sequence}. Gates that are to take it name the key in sallyport.yaml:\n`
      + `  knowledge: { keys: { ${plain(by)}: "${publicKey}" } }\n`);
    return 0;
  },
};
