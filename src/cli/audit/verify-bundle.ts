import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { checkBundle, type Files } from '../../audit/bundle/check.ts';
import { fromTar } from '../../audit/bundle/tar.ts';
import { SallyportError } from '../../domain/errors.ts';
import { show } from '../command.ts';
import { plain, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { facts } from './facts.ts';

export const verifyBundle: Verb = {
  usage: 'verify-bundle <FOLDER|FILE.tar> [--key VKEY] [--control-key BASE64]',
  options: { key: { type: 'string' }, 'control-key': { type: 'string' } },
  run: ({ io, options, need }) => {
    const place = resolve(io.cwd, need(0, 'the bundle'));
    const keys = { log: options.text('key'), control: options.text('control-key') };
    const { manifest, vkey, key, size, disclosed, problems } = checkBundle(readBundle(place), keys);
    const { createdAt, space, scope, disclosure, gaps, records, files } = manifest;
    const counts = { records: records.length, disclosed, files: Object.keys(files).length, size };
    const summary = { bundle: place, createdAt, space, scope, disclosure, gaps, ...counts, vkey, controlKey: key, problems: [...problems] };
    show(io, options.json, summary, () => {
      const rows: (readonly [string, string])[] = [
        ['made', `${time(createdAt)}, in the space ${space}`], ['of', JSON.stringify(scope)], ['log', vkey], ['control', key],
        ['records', `${records.length} in a log of ${size}, ${disclosed} as they were written, the others by their commitments`],
        ['missing', gaps.length === 0 ? 'nothing' : gaps.join('; ')],
      ];
      const found = problems.length === 0 ? ['Everything is what was signed, and in the log.'] : problems;
      return `${facts(rows)}\n${found.map((problem) => `${plain(problem)}\n`).join('')}`;
    });
    if (keys.log === undefined || keys.control === undefined) {
      io.note('Keys were taken from the bundle: compare them with those that you were given elsewhere, or say --key and --control-key.');
    }
    return Promise.resolve(problems.length === 0 ? 0 : 1);
  },
};

function readBundle(place: string): Files {
  if (!existsSync(place)) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${place} is not there`, {
      remedy: 'Name a folder or .tar that `sallyport audit bundle` made.',
    });
  }
  if (!statSync(place).isDirectory()) return fromTar(readFileSync(place));
  const found = readdirSync(place, { recursive: true, withFileTypes: true }).filter((item) => !item.isDirectory());
  const odd = found.find((item) => !item.isFile());
  if (odd !== undefined) {
    throw new SallyportError('ERR_BUNDLE_INVALID', `${plain(join(odd.parentPath, odd.name))} is no plain file`, {
      remedy: 'A bundle has no links: look at what it points to before anything else.',
    });
  }
  return new Map(found.map((item) => join(item.parentPath, item.name)).map((file) => [relative(place, file), readFileSync(file)]));
}
