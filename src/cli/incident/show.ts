import { isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { revealed } from '../audit/reveal.ts';
import { show as print } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, span, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const show: Verb = {
  usage: 'show INCIDENT [--reveal --reason WHY]',
  options: { reveal: { type: 'boolean' }, reason: { type: 'string' } },
  run: async (call) => {
    const { client, io, options, need } = call;
    const incident = await client.get(`/incidents/${encodeURIComponent(need(0, 'the incident'))}`, await revealed(call));
    print(io, options.json, incident, () => [
      `${plain(text(part(incident, 'title')))}\n`,
      table(['what', ''], facts(incident)),
      table(['about', 'which'], entries(part(incident, 'subjects')).map(([kind, names]) => [kind, text(names)])),
      table(['seen', 'times', 'severity', 'first', 'last'], entries(part(incident, 'seen')).map(([name, one]) => [
        name, number(part(one, 'count')), text(part(one, 'severity')), time(number(part(one, 'firstAt'))), time(number(part(one, 'lastAt'))),
      ])),
      table(['at', 'what', '', 'by'], objects(part(incident, 'timeline')).map((one) => [
        time(number(one['at'])), text(one['event']), text(one['text']), text(one['by']),
      ])),
    ].join('\n'));
    return 0;
  },
};

function facts(incident: Json): readonly (readonly [string, string])[] {
  const times = part(incident, 'times');
  const took = (name: string): string => (part(times, name) === undefined ? '' : span(number(part(times, name))));
  const rows: readonly (readonly [string, string])[] = [
    ['incident', text(part(incident, 'id'))], ['kind', text(part(incident, 'kind'))], ['severity', text(part(incident, 'severity'))],
    ['status', text(part(incident, 'status'))], ['verdict', text(part(incident, 'verdict'))], ['owner', text(part(incident, 'owner'))],
    ['rules', text(part(incident, 'rules'))], ['techniques', text(part(incident, 'techniques'))], ['carried at most', text(part(incident, 'confidentiality'))],
    ['what its tools do', text(part(incident, 'effects'))],
    ['got how far', entries(part(incident, 'outcomes')).map(([outcome, count]) => `${text(count)} ${outcome}`).join(', ')],
    ['detected after', took('detectMs')], ['contained after', took('containMs')], ['recovered after', took('recoverMs')],
    ['containments in force', text(part(incident, 'containments'))], ['has to do with', text(part(incident, 'related'))],
  ];
  return rows.filter(([, value]) => value !== '');
}

function entries(value: Json | undefined): readonly (readonly [string, Json])[] {
  return isObject(value) ? Object.entries(value) : [];
}
