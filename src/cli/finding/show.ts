import type { Json } from '../../domain/json.ts';
import { show as print } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const show: Verb = {
  usage: 'show FINDING',
  run: async ({ client, io, options, need }) => {
    const answer = await client.get(`/findings/${encodeURIComponent(need(0, 'the id of a finding'))}`);
    print(io, options.json, answer, () => describe(answer));
    return 0;
  },
};

function describe(finding: Json): string {
  const of = (...path: readonly string[]): string => text(part(finding, ...path));
  const filter = of('filter');
  return [
    table(['what', 'is'], [
      ['finding', `${of('detector')}/${of('rule')}`], ['about', `${of('about', 'kind')} ${of('about', 'name')}`.trim()], ['severity', of('severity')],
      ['state', `${of('state')}${of('until') === '' ? '' : ` until ${time(number(part(finding, 'until')))}`}`],
      ['how often', `${of('count')}, ${of('silenced')} of them while suppressed`],
      ['what became of it', `${of('outcomes', 'stopped')} stopped, ${of('outcomes', 'passed')} passed, ${of('outcomes', 'seen')} seen`],
      ['first', time(number(part(finding, 'firstAt')))], ['last', time(number(part(finding, 'lastAt')))], ['exchanges', of('exchanges')],
    ]),
    objects(part(finding, 'deeds')).length === 0 ? '' : table(['when', 'who', 'did', 'until', 'why'], objects(part(finding, 'deeds')).map((deed) => [
      time(number(deed['at'])), text(deed['by']), text(deed['did']), deed['until'] === undefined ? '' : time(number(deed['until'])), text(deed['reason']),
    ])),
    filter === '' ? '' : `Its records: sallyport audit query '${plain(filter)}'\n`,
  ].join('');
}
