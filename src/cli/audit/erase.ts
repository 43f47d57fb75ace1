import { usageError } from '../arguments.ts';
import { show } from '../command.ts';
import { number, part } from '../json-view.ts';
import type { Verb } from '../verbs.ts';

export const erase: Verb = {
  usage: 'erase (--exchange ID | --person P_OR_ID) --reason WHY [--yes]',
  options: { exchange: { type: 'string' }, person: { type: 'string' }, reason: { type: 'string' }, yes: { type: 'boolean' } },
  run: async ({ client, io, options, needText }) => {
    const [exchange, person, reason] = [options.text('exchange'), options.text('person'), needText('reason')];
    if ((exchange === undefined) === (person === undefined)) throw usageError({ usage: `audit ${erase.usage}` }, 'name either --exchange or --person');
    const isMeant = options.flag('yes') || (await io.confirm('Erase these records and payloads for good? Their proofs stay, their content does not.'));
    if (!isMeant) {
      io.note('Nothing was erased.');
      return 1;
    }
    const answer = await client.send('POST', '/audit/erase', { reason, ...(exchange === undefined ? { person: person ?? '' } : { exchange }) });
    show(io, options.json, answer, () => `${number(part(answer, 'erased'))} records were erased; what sinks were sent is theirs to erase\n`);
    return 0;
  },
};
