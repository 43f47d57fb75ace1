import type { JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { noteReach, sinceOf } from './query.ts';
import { revealed } from './reveal.ts';

const HEAD = ['last', 'first', 'session', 'who', 'agent', 'calls', 'denied', 'held', 'failed', 'servers', 'carried at most', 'findings'];

export const sessions: Verb = {
  usage: 'sessions [--since 1d] [--agent A] [--principal P] [--server S] [--text T] [--remarkable] [--count] [--limit 100] [--cursor C [--newer]]'
    + ' [--reveal --reason WHY]',
  options: {
    since: { type: 'string' }, agent: { type: 'string' }, principal: { type: 'string' }, server: { type: 'string' }, remarkable: { type: 'boolean' },
    text: { type: 'string' }, count: { type: 'boolean' }, cursor: { type: 'string' }, newer: { type: 'boolean' },
    limit: { type: 'string' }, reveal: { type: 'boolean' }, reason: { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options } = call;
    const answer = await client.get('/audit/sessions', {
      ...(await revealed(call)), since: sinceOf(options.text('since')), agent: options.text('agent'), principal: options.text('principal'),
      server: options.text('server'), limit: options.text('limit'), remarkable: options.flag('remarkable') ? 'true' : undefined,
      text: options.text('text'), count: options.flag('count') ? 'true' : undefined, cursor: options.text('cursor'),
      direction: options.flag('newer') ? 'newer' : undefined,
    });
    show(io, options.json, answer, () => table(HEAD, objects(part(answer, 'sessions')).toReversed().map(row)));
    const [total, next] = [part(answer, 'total'), part(answer, 'next')];
    if (typeof total === 'number') io.note(`${total}${part(answer, 'totalIsLeast') === true ? ' or more' : ''} sessions.`);
    if (typeof next === 'string') io.note(`There may be more: go on with --cursor ${plain(next)}`);
    noteReach(io, answer);
    return 0;
  },
};

function row(session: JsonObject): readonly (string | number)[] {
  const labels = part(session, 'labels');
  const findings = number(session['findings']);
  return [
    time(number(session['lastAt'])), time(number(session['firstAt'])), text(session['context']), text(session['principal']), text(session['agent']),
    number(session['calls']), number(session['denials']), number(session['held']), number(session['failures']),
    objects(session['servers']).map((one) => text(one['server'])).join(', '),
    [text(part(labels, 'confidentiality')), text(part(labels, 'categories')).replaceAll(',', ''), part(labels, 'untrusted') === true ? 'untrusted' : '']
      .filter((one) => one !== '').join(' '),
    findings === 0 ? '' : `${findings} (${text(session['severity'])})`,
  ];
}
