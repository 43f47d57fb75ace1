import type { JsonObject } from '../../domain/json.ts';
import { sinceOf } from '../audit/query.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const list: Verb = {
  usage: 'list [--state open|acknowledged|suppressed|resolved|all] [--severity S] [--detector D] [--about KIND] [--text T] [--since 7d] [--limit 200]',
  options: {
    state: { type: 'string' }, severity: { type: 'string' }, detector: { type: 'string' }, about: { type: 'string' }, text: { type: 'string' },
    since: { type: 'string' }, limit: { type: 'string' },
  },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/findings', {
      state: options.text('state'), severity: options.text('severity'), detector: options.text('detector'), kind: options.text('about'),
      text: options.text('text'), since: sinceOf(options.text('since')), limit: options.text('limit'),
    });
    const head = ['last', 'finding', 'severity', 'what', 'about', 'how often', 'state'];
    show(io, options.json, answer, () => table(head, objects(part(answer, 'findings')).map(row)));
    const states = part(answer, 'states');
    if (typeof states === 'object' && states !== null) io.note(Object.entries(states).map(([state, count]) => `${text(count)} ${state}`).join(', '));
    return 0;
  },
};

function row(finding: JsonObject): readonly (string | number)[] {
  const until = number(finding['until']);
  return [
    time(number(finding['lastAt'])), text(finding['id']), text(finding['severity']), `${text(finding['detector'])}/${text(finding['rule'])}`,
    `${text(part(finding, 'about', 'kind'))} ${text(part(finding, 'about', 'name'))}`.trim(), number(finding['count']),
    `${text(finding['state'])}${until === 0 ? '' : ` until ${time(until)}`}`,
  ];
}
