import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const history: Verb = {
  usage: 'history [--limit N]', options: { limit: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const limit = options.text('limit');
    const answer = await client.get(`/configuration/versions${limit === undefined ? '' : `?limit=${encodeURIComponent(limit)}`}`);
    const head = ['version', 'when', 'who', 'approved by', 'what', 'changes', 'why'];
    show(io, options.json, answer, () => table(head, objects(part(answer, 'versions')).map((one) => [
      text(one['number']), time(number(one['at'])), text(one['author']), text(one['approvers']), `${text(one['action'])} ${text(one['id'])}`,
      text(one['changes']), text(one['reason']),
    ])));
    return 0;
  },
};
