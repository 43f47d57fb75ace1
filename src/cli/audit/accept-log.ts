import { existsSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { acceptRefused, readRefused, readSeen } from '../../audit/log/seen.ts';
import { SallyportError } from '../../domain/errors.ts';
import { keysPinned } from '../../roles/floor.ts';
import { show } from '../command.ts';
import { plain } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

const SEEN = /^seen-.+\.json$/;

/** After a restore: lets the roles of this machine go on with the log that they refused. Each of them records it as its next record. */
export const acceptLog: Verb = {
  usage: 'accept-log --reason WHY [--yes]',
  options: { reason: { type: 'string' }, yes: { type: 'boolean' } },
  local: true,
  run: async ({ options, client: { home }, io, needText }) => {
    const reason = needText('reason');
    if (pinned(home)) {
      throw new SallyportError('ERR_SECOND_PERSON', 'people hold recovery keys here: no single one of them accepts another log', {
        remedy: 'Draft an order with `sallyport recovery draft`, and have two people sign it.',
      });
    }
    const refused = seenFiles(home).flatMap((file) => {
      const found = readRefused(file);
      return found === undefined ? [] : [{ file, ...found }];
    });
    if (refused.length === 0) {
      throw new SallyportError('ERR_NOT_FOUND', `no role of ${home} has refused a log`, { remedy: 'A role whose calls fail with ERR_LOG_INCONSISTENT has.' });
    }
    for (const { file, why, offered } of refused) {
      io.note(`${file}\n  refused: ${plain(why)}\n  offered: ${plain(offered.origin)}, ${offered.size} records, root ${offered.root}`);
    }
    if (!options.flag('yes') && !(await io.confirm('Go on with that log? What it no longer holds is lost.'))) {
      throw new SallyportError('ERR_USAGE', 'nothing was accepted: nobody confirmed it', { remedy: 'Look at what is offered, then give --yes.' });
    }
    for (const { file, offered } of refused) {
      const { origin, size, root } = before(file);
      acceptRefused(file, offered, { at: Date.now(), by: userInfo().username, reason, before: { origin, size, root } });
    }
    const said = { accepted: refused.map(({ file, offered: { origin, size, root } }) => ({ file, origin, size, root })) };
    show(io, options.json, said, () => `Accepted by ${refused.length} roles; each records it.\n`);
    return 0;
  },
};

function seenFiles(home: string): readonly string[] {
  return ['gateway', 'control', 'egress'].flatMap((role) => {
    const folder = join(home, role);
    return existsSync(folder) ? readdirSync(folder).filter((name) => SEEN.test(name)).map((name) => join(folder, name)) : [];
  });
}

/** Whether a role of this machine waits for orders of people whose keys it knows. */
function pinned(home: string): boolean {
  return ['gateway', 'egress'].some((role) => {
    const folder = join(home, role);
    const floors = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.version')) : [];
    return floors.some((name) => Object.keys(keysPinned(join(folder, name))).length > 0);
  });
}

/** What was seen may be what can't be read. */
function before(file: string): { readonly origin: string; readonly size: number; readonly root: string } {
  try {
    return readSeen(file) ?? { origin: '', size: 0, root: '' };
  } catch {
    return { origin: '', size: 0, root: '' };
  }
}
