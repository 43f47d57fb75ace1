import { show } from '../command.ts';
import { number, part, text } from '../json-view.ts';
import { plain, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

export const reveal: Verb = {
  usage: 'reveal [p_…] --reason WHY',
  options: { reason: { type: 'string' } },
  run: async (call) => {
    const { client, io, options, needText } = call;
    const [person] = options.positionals;
    const answer = await client.send('POST', '/audit/reveal', { reason: needText('reason'), ...(person === undefined ? {} : { person }) });
    show(io, options.json, answer, () => {
      const name = text(part(answer, 'principal'));
      return `${name === '' ? '' : `${plain(person ?? '')} is ${plain(name)}\n`}names are shown to you until ${time(number(part(answer, 'until')))}\n`;
    });
    return 0;
  },
};

/** `--reveal` of what shows records: asks for the names, with the reason, unless nobody wants them. */
export async function revealed({ client, options, needText }: Call): Promise<{ readonly reveal?: 'true' }> {
  if (!options.flag('reveal')) return {};
  await client.send('POST', '/audit/reveal', { reason: needText('reason') });
  return { reveal: 'true' };
}
