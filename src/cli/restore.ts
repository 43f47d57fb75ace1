import { resolve } from 'node:path';
import { readArguments, need } from './arguments.ts';
import { namedDatabase } from './backup/database.ts';
import { line, summaryOf } from './backup/create.ts';
import { OPENING, OPENING_USAGE, readOpening } from './backup/identity.ts';
import { placeArchive } from './backup/place.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { homeFolder } from './home.ts';
import { withProgress } from './progress.ts';

export const command: Command = {
  name: 'restore',
  summary: 'Puts an installation back from a backup, into an empty state folder',
  usage: `restore FILE ${OPENING_USAGE}`,
  async run(args, io) {
    const options = readArguments(command, args, OPENING);
    const file = resolve(io.cwd, need(command, options.positionals[0], 'the archive'));
    const home = homeFolder(io.env, options.home);
    const opening = await readOpening(options, io, command.usage);
    const parts = { home, file, ...opening, database: namedDatabase(io.env), now: Date.now() };
    const { manifest, needsOrder } = await withProgress(io, 'restoring', () => placeArchive(parts));
    const age = manifest.createdAt;
    show(io, options.json, { home, needsOrder, ...summaryOf(manifest) }, () => [
      `Restored to ${home}: ${line(manifest)}, as of ${new Date(age).toISOString()}.`,
      'What was changed after that moment is lost. Agent tokens, sign-ins, approvals, proposals and keys of the issuer are void: issue them anew.',
      'Roles on other machines are shut out until they join anew: `sallyport link token`.',
      'Kill switches and revocations made after it are lost too: set them again before calls flow.',
      needsOrder ? 'Start it with `sallyport up`; every call is denied until two people have signed an order: see `sallyport recovery draft`.'
        : 'Nobody holds a recovery key here, so nothing but this person stands between the backup and calls. Start it with `sallyport up`.',
      '',
    ].join('\n'));
    return 0;
  },
};
