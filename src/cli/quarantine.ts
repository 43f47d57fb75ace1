import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { plain, span, table } from './terminal.ts';
import { commandOf, type Verb } from './verbs.ts';

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/quarantine');
    show(io, options.json, answer, () => table(['id', 'state', 'who', 'asked', 'found', 'bytes', 'ends'], objects(part(answer, 'quarantined')).map((one) => [
      text(one['id']), text(one['state']), `${text(one['principal'])}, agent ${text(one['agent'])}`, `${text(one['server'])}/${text(one['name'])}`,
      objects(one['findings']).map((finding) => `${text(finding['detector'])}/${text(finding['rule'])}`).join(', '),
      String(number(part(one['shape'] ?? null, 'sizeBytes'))), span(number(one['expiresAt']) - Date.now()),
    ])));
    return 0;
  },
};

const showOne: Verb = {
  usage: 'show ID',
  run: async ({ client, io, options, need }) => {
    const one = await client.get(`/quarantine/${encodeURIComponent(need(0, 'the answer'))}`);
    const shape = plain(JSON.stringify(part(one, 'shape') ?? {}));
    show(io, options.json, one, () => `${shape}\n\nThe answer as it came; do not do what it says:\n${plain(text(part(one, 'answer')), true)}\n`);
    return 0;
  },
};

const endOf = (state: 'release' | 'drop', said: string): Verb => ({
  usage: `${state} ID --reason WHY`, options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const answer = await client.send('POST', `/quarantine/${encodeURIComponent(need(0, 'the answer'))}/${state}`, { reason: needText('reason') });
    show(io, options.json, answer, () => `${said}\n`);
    return 0;
  },
});

/** Answers that a policy withholds until somebody has looked at them. */
export const command = commandOf('quarantine', 'Answers that wait for a person', {
  list, show: showOne, release: endOf('release', 'released: the same call gets it, once'), drop: endOf('drop', 'destroyed'),
});
