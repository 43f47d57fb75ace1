import { sinceOf } from '../audit/query.ts';
import { show } from '../command.ts';
import { number, part, text } from '../json-view.ts';
import { span, table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const metrics: Verb = {
  usage: 'metrics [--since 90d]',
  options: { since: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/incidents/metrics', { since: sinceOf(options.text('since')) });
    const took = (name: string, of: string): string => (typeof part(answer, name, of) === 'number' ? span(number(part(answer, name, of))) : '');
    show(io, options.json, answer, () => [
      `${text(part(answer, 'opened'))} incidents, ${text(part(answer, 'open'))} not closed, ${text(part(answer, 'falsePositives'))} false.\n`,
      table(['to', 'in', 'median', '9 of 10', 'most'], ['detect', 'contain', 'recover'].map((name) => [
        name, text(part(answer, name, 'count')), took(name, 'median'), took(name, 'p90'), took(name, 'most'),
      ])),
    ].join(''));
    return 0;
  },
};
