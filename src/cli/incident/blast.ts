import type { Json } from '../../domain/json.ts';
import { sinceOf } from '../audit/query.ts';
import { revealed } from '../audit/reveal.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

const BY = ['context', 'server', 'tool', 'principal', 'agent', 'credential'] as const;

export const blast: Verb = {
  usage: `blast INCIDENT [--reveal --reason WHY]
incident blast --context KEY|--server ID [--tool NAME]|--principal ID|--agent ID|--credential ID [--since 30d]`,
  options: {
    context: { type: 'string' }, server: { type: 'string' }, tool: { type: 'string' }, principal: { type: 'string' }, agent: { type: 'string' },
    credential: { type: 'string' }, since: { type: 'string' }, reveal: { type: 'boolean' }, reason: { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options, need } = call;
    const named = BY.flatMap((by) => (options.text(by) === undefined ? [] : [[by, options.text(by)] as const]));
    const asked = await revealed(call);
    const answer = named.length === 0
      ? await client.get(`/incidents/${encodeURIComponent(need(0, 'the incident, or what to look at'))}/blast`, asked)
      : await client.get('/incidents/blast', { ...asked, ...Object.fromEntries(named), since: sinceOf(options.text('since')) });
    const blasts = named.length === 0 ? objects(part(answer, 'blasts')) : [answer];
    show(io, options.json, answer, () => (blasts.length === 0 ? 'Nothing is known that could have touched anything.\n' : blasts.map(view).join('\n')));
    return 0;
  },
};

function view(one: Json): string {
  const heading = part(one, 'by') === undefined ? '' : `What ${text(part(one, 'by'))} ${plain(text(part(one, 'name')))} touched\n`;
  const afterwards = part(one, 'afterwards');
  return [
    heading, touched(part(one, 'touched')),
    afterwards === undefined ? '' : `\nWhere the contexts that it touched went afterwards: what it brought them may have gone on there\n${touched(afterwards)}`,
    part(one, 'partly') === true ? '\nMore is on record than was read, or a place of the log cannot be: it may reach further.\n' : '',
  ].join('');
}

function touched(one: Json | undefined): string {
  const seen = part(one, 'firstAt') === undefined ? 'never' : `${time(number(part(one, 'firstAt')))} to ${time(number(part(one, 'lastAt')))}`;
  const facts: readonly (readonly [string, string | number])[] = [
    ['seen', seen], ['calls', number(part(one, 'calls'))], ['denied', number(part(one, 'denied'))], ['people', text(part(one, 'principals'))],
    ['agents', text(part(one, 'agents'))], ['contexts', text(part(one, 'contexts'))], ['hosts', text(part(one, 'hosts'))],
    ['carried at most', [text(part(one, 'confidentiality')), text(part(one, 'categories'))].filter((known) => known !== '').join(': ')],
  ];
  const servers = objects(part(one, 'servers')).map((server) => [
    text(server['server']), number(server['calls']), number(server['denied']), text(server['tools']), text(server['effects']),
  ]);
  return `${table(['', ''], facts.filter(([, value]) => value !== ''))}${table(['server', 'calls', 'denied', 'tools', 'what they do'], servers)}`;
}
