import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { formatShare, splitSecret } from '../../backup/shares.ts';
import { installationOf } from '../../backup/manifest.ts';
import { SallyportError } from '../../domain/errors.ts';
import { readPeerKey } from '../../link/keys.ts';
import { show } from '../command.ts';
import type { Verb } from '../verbs.ts';

const EXPLAINED = `The key that opens backups was made and split. It exists nowhere as a whole: no machine of the gate can open its own backups.
Give each share to another person, on paper or on a medium of theirs, and delete the files. Any SHARES of them open a backup:
  sallyport restore FILE --share share-1.txt --share share-2.txt
Fewer say nothing about it. Too few left means that backups made for it can't be opened: make a new escrow in time.
`;

/** Shamir shares rather than two recipients: one lost share loses nothing, and fewer than needed say nothing. */
export const escrow: Verb = {
  usage: 'escrow --to FOLDER [--shares 3] [--needed 2]',
  options: { to: { type: 'string' }, shares: { type: 'string' }, needed: { type: 'string' } },
  local: true,
  run: async ({ options, client, io, needText }) => {
    const folder = resolve(io.cwd, needText('to'));
    const [of, needed] = [Number(options.text('shares') ?? 3), Number(options.text('needed') ?? 2)];
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    const installation = installationAt(client.home);
    const shares = splitSecret(identity, { recipient, needed, of, ...(installation === undefined ? {} : { installation }) });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = shares.map((share) => ({ file: join(folder, `share-${share.at}.txt`), text: `${formatShare(share)}\n` }));
    try {
      for (const { file, text } of files) writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    } catch (cause) {
      throw new SallyportError('ERR_CONFLICT', `the shares cannot be written to ${folder}`, {
        remedy: 'Name a new folder: shares of another key are not written over.', cause,
      });
    }
    show(io, options.json, { recipient, needed, shares: files.map(({ file }) => file) }, () =>
      `${EXPLAINED.replace('SHARES', String(needed))}Shares: ${files.map(({ file }) => file).join(', ')}\n`
      + `In sallyport.yaml:\n  backup: { recipients: [${recipient}] }\n`);
    return 0;
  },
};

/** Written into the shares, so that nobody has to look for it on the day; absent where no gate was started yet. */
function installationAt(home: string): string | undefined {
  try {
    return installationOf(readPeerKey(home, 'control'));
  } catch {
    return undefined;
  }
}
