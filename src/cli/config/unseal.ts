import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { decryptFile, isEncrypted } from '../../client-files/seal/at-rest.ts';
import { tidyFile, unsealFile } from '../../client-files/seal/seal.ts';
import { clientOf } from '../../client-files/table/client-of.ts';
import { SallyportError } from '../../domain/errors.ts';
import { show } from '../command.ts';
import { plain } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { actOnFile } from './file-acts.ts';
import { openFileVault } from './file-vault.ts';

/** Puts back what was taken out of a client's file: byte for byte where nobody wrote it since, else each value in its place. */
export const unseal: Verb = {
  usage: 'unseal FILE [--changed] [--reason WHY] [--yes]',
  options: { changed: { type: 'boolean' }, reason: { type: 'string' }, yes: { type: 'boolean' }, fd: { type: 'string' } },
  run: async (call) => {
    const { options, io, client } = call;
    const named = resolve(io.cwd, call.need(0, 'the file'));
    const file = await realpath(named).catch(() => named);
    if (!options.flag('yes') && !(await io.confirm(`Put secrets back into ${plain(file)}, in clear?`))) {
      throw new SallyportError('ERR_USAGE', 'nothing was written: nobody confirmed it', { remedy: 'Give --yes if that is meant.' });
    }
    const vault = await openFileVault({ options, io, home: client.home });
    const reason = options.text('reason');
    const detail = { file, client: clientOf(file), ...(reason === undefined ? {} : { reason }) };
    const { how, servers, withheld } = await actOnFile(call, '/file-unseals', detail, async () => {
      await tidyFile(vault, file);
      if (await isEncrypted(file)) {
        await decryptFile(vault, file, vault.text);
        return { how: 'whole', servers: [], withheld: [] } as const;
      }
      return unsealFile(vault, file, options.flag('changed'));
    });
    const told = how === 'whole' ? `${plain(file)} is what it was before, byte for byte (mode 0600).`
      : `${plain(file)} was written since: the secrets of ${plain(servers.join(', '))} are back in their places.`;
    if (withheld.length > 0) io.note(`${plain(withheld.join(', '))}: WITHHELD, they start something else than what was sealed. If it is meant: --changed`);
    const again = `Seal it again as soon as it can be: sallyport config seal ${plain(named)}`;
    show(io, options.json, { file, how, servers: [...servers], withheld: [...withheld] }, () => `${told}\n${again}\n`);
    return 0;
  },
};
