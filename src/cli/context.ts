import type { JsonObject } from '../domain/json.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { span, table } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/contexts');
    const rows = objects(part(answer, 'contexts')).map((context) => [
      text(context['key']), text(context['state']), text(context['principal']), text(context['agent']), carried(context),
    ]);
    show(io, options.json, answer, () => table(['context', 'state', 'principal', 'agent', 'carries'], rows));
    return 0;
  },
};

const showOne: Verb = {
  usage: 'show KEY',
  run: async ({ client, io, options, need }) => {
    const context = await client.get(`/contexts/${encodeURIComponent(need(0, 'the context\'s key'))}`);
    show(io, options.json, context, () => table(['what', 'state'], [
      ['context', text(part(context, 'key'))], ['state', text(part(context, 'state'))], ['principal', text(part(context, 'principal'))],
      ['agent', text(part(context, 'agent'))], ['actors', text(part(context, 'actors'))],
      ['began', ago(number(part(context, 'since')))], ['seen', ago(number(part(context, 'seenAt')))],
      ['confidentiality', text(part(context, 'labels', 'confidentiality'))], ['categories', text(part(context, 'labels', 'categories'))],
      ['integrity', text(part(context, 'labels', 'integrity'))],
    ]));
    return 0;
  },
};

const reset: Verb = {
  usage: 'reset KEY --reason WHY',
  options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const key = need(0, 'the context\'s key');
    const context = await client.send('POST', `/contexts/${encodeURIComponent(key)}/reset`, { reason: needText('reason') });
    show(io, options.json, context, () => 'What it carried is forgotten. What the agent still remembers of it is not.\n');
    return 0;
  },
};

function carried(context: JsonObject): string {
  const of = (name: string): string => text(part(context, 'labels', name));
  return [of('confidentiality'), of('categories'), of('integrity')].filter((word) => word !== '').join(', ');
}

function ago(at: number): string {
  return `${span(Date.now() - at)} ago`;
}

export const command = commandOf('context', 'What agents were given so far, and starting them anew', { list, show: showOne, reset });
