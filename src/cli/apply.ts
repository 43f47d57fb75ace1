import type { Json } from '../domain/json.ts';
import { readManifestFiles } from '../control/manifest/files.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { whileFetching } from './server-package.ts';
import { plain, table } from './terminal.ts';
import { callOf } from './verbs.ts';

export const command: Command = {
  name: 'apply',
  summary: 'Make the store match sallyport.yaml, all or nothing',
  usage: 'apply -f sallyport.yaml [--dry-run] [--reason WHY]',
  async run(args, io) {
    const call = callOf(command, args, { file: { type: 'string', short: 'f' }, 'dry-run': { type: 'boolean' }, reason: { type: 'string' } }, io);
    const reason = call.options.text('reason');
    const dryRun = call.options.flag('dry-run');
    const { policies, ...files } = await readManifestFiles(call.needText('file'));
    const answer = await whileFetching(call, 'compiling', () =>
      call.client.send('POST', '/manifest', {
        ...files, policies: policies.map((policy): Json => ({ ...policy })), dryRun, ...(reason === undefined ? {} : { reason }),
      }));
    show(io, call.options.json, answer, () => describe(answer, dryRun));
    return 0;
  },
};

function describe(answer: Json, dryRun: boolean): string {
  const differences = objects(part(answer, 'differences'));
  const findings = objects(part(answer, 'findings')).map((one) => `${plain(text(one['server']))}: ${plain(text(one['message']))}\n`).join('');
  if (differences.length === 0) return `${findings}The store already matches.\n`;
  const rows = differences.map((one) => [text(one['verb']), text(one['resource']), text(one['id']), text(one['note'])]);
  const end = dryRun ? 'Nothing was changed (--dry-run).\n' : `Applied; snapshot ${text(part(answer, 'snapshot'))} is in force.\n`;
  return `${table(['what', 'resource', 'id', 'note'], rows)}${findings}${end}`;
}
