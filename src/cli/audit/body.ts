import { show } from '../command.ts';
import { objects, part, text } from '../json-view.ts';
import { plain } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const body: Verb = {
  usage: 'body EXCHANGE --reason WHY',
  options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const answer = await client.send('POST', '/audit/body', { exchange: need(0, 'the exchange'), reason: needText('reason') });
    show(io, options.json, answer, () => objects(part(answer, 'bodies')).map((one) => {
      const missing = text(one['missing']);
      const payload = missing === '' ? plain(JSON.stringify(one['payload'], undefined, 2), true) : `not there: ${plain(missing)}`;
      return `${plain(text(one['event']))}\n${payload}\n`;
    }).join('\n'));
    return 0;
  },
};
