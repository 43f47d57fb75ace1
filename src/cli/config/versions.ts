import { SallyportError } from '../../domain/errors.ts';
import { show as print } from '../command.ts';
import type { Json } from '../../domain/json.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { describe } from './compare.ts';

export const show: Verb = {
  usage: 'show VERSION',
  run: async ({ client, io, options, need }) => {
    const answer = await client.get(`/configuration/versions/${encodeURIComponent(need(0, 'the version'))}`);
    print(io, options.json, answer, () => {
      const line = (name: string): string => plain(text(part(answer, name)));
      const why = line('reason') === '' ? '' : `because ${line('reason')}\n`;
      return `version ${line('number')}: ${line('action')} ${line('id')}\nby ${line('author')} (${line('via')}), ${time(number(part(answer, 'at')))}\n`
        + `${line('approvers') === '' ? '' : `approved by ${line('approvers')}\n`}${why}${describe(answer)}\n`
        + plain(text(part(answer, 'manifestAfter')), true);
    });
    return 0;
  },
};

export const rollback: Verb = {
  usage: 'rollback VERSION --reason WHY [--dry-run] [--yes]',
  options: { reason: { type: 'string' }, 'dry-run': { type: 'boolean' }, yes: { type: 'boolean' } },
  run: async ({ client, io, options, need, needText }) => {
    const version = Number(need(0, 'the version'));
    const reason = needText('reason');
    const head = text(part(await client.get('/configuration'), 'head', 'number'));
    const foreseen = await client.get(`/configuration/diff?from=${encodeURIComponent(head)}&to=${version}`);
    if (!options.json) io.note(describe(ofRollback(foreseen)));
    const dryRun = options.flag('dry-run');
    if (!dryRun && !options.flag('yes') && !(await io.confirm(`Make it what it was after version ${version}?`))) {
      throw new SallyportError('ERR_USAGE', 'nothing was changed: nobody confirmed it', { remedy: 'Look at what would change, then give --yes.' });
    }
    const answer = await client.send('POST', '/configuration/rollback', { version, reason, dryRun });
    const done = `Version ${version} is back, as a new version; snapshot ${text(part(answer, 'snapshot'))} is in force.\n`;
    print(io, options.json, answer, () => (dryRun ? 'Nothing was changed (--dry-run).\n' : done));
    return 0;
  },
};

/** Who was let in or put out since stays so: of that nothing is foreseen. */
function ofRollback(foreseen: Json): Json {
  const differences = objects(part(foreseen, 'differences')).filter((one) => !STAYING.includes(text(one['resource'])));
  return { differences, permits: part(foreseen, 'permits') ?? null };
}

const STAYING: readonly string[] = ['token', 'client', 'custodian', 'scim-token'];

export const verify: Verb = {
  usage: 'verify',
  run: async ({ client, io, options }) => {
    const answer = await client.send('POST', '/configuration/verify');
    print(io, options.json, answer, () => `All ${text(part(answer, 'versions'))} versions hold, and what is stored is what the last one says.\n`);
    return 0;
  },
};
