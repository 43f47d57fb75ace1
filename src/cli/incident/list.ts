import type { JsonObject } from '../../domain/json.ts';
import { sinceOf } from '../audit/query.ts';
import { revealed } from '../audit/reveal.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

const SHOWN_MAX = 3;

export const list: Verb = {
  usage: 'list [--status open|contained|recovered|closed] [--kind KIND] [--severity S] [--since 7d] [--limit 100] [--reveal --reason WHY]',
  options: {
    status: { type: 'string' }, kind: { type: 'string' }, severity: { type: 'string' }, since: { type: 'string' }, limit: { type: 'string' },
    reveal: { type: 'boolean' }, reason: { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options } = call;
    const answer = await client.get('/incidents', {
      ...(await revealed(call)), status: options.text('status'), kind: options.text('kind'), severity: options.text('severity'),
      since: sinceOf(options.text('since')), limit: options.text('limit'),
    });
    show(io, options.json, answer, () => table(
      ['opened', 'incident', 'severity', 'status', 'kind', 'what', 'about', 'signals'], objects(part(answer, 'incidents')).map(row),
    ));
    return 0;
  },
};

function row(incident: JsonObject): readonly (string | number)[] {
  return [
    time(number(incident['openedAt'])), text(incident['id']), text(incident['severity']), text(incident['status']), text(incident['kind']),
    text(incident['title']), aboutOf(incident), number(incident['signals']),
  ];
}

function aboutOf(incident: JsonObject): string {
  return ['server', 'tool', 'agent', 'principal', 'vendor', 'package', 'asset', 'host', 'file'].flatMap((kind) => {
    const names = text(part(incident, 'subjects', kind)).split(', ').filter((name) => name !== '');
    if (names.length === 0) return [];
    return [`${kind} ${names.slice(0, SHOWN_MAX).join(', ')}${names.length > SHOWN_MAX ? ` and ${names.length - SHOWN_MAX} more` : ''}`];
  }).join('\n');
}
