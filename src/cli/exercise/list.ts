import type { JsonObject } from '../../domain/json.ts';
import { show as print } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, span, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { shipped } from './packs.ts';

export const list: Verb = {
  usage: 'list [--packs]',
  options: { packs: { type: 'boolean' } },
  run: async ({ client, io, options }) => {
    if (options.flag('packs')) {
      const packs = shipped().map(({ id, version, title, kind, minutes, injects }): JsonObject =>
        ({ id, version, title, kind, minutes, injects: injects.length }));
      print(io, options.json, packs, () => table(['pack', 'what', 'kind', 'minutes', 'injects'], packs.map((pack) => [
        text(pack['id']), text(pack['title']), text(pack['kind']), number(pack['minutes']), number(pack['injects']),
      ])));
      return 0;
    }
    const answer = await client.get('/exercises');
    print(io, options.json, answer, () => table(
      ['began', 'exercise', 'pack', 'how', 'state', 'score', 'to change', 'overdue', 'nobody\'s'],
      objects(part(answer, 'exercises')).map((one) => [
        time(number(one['startedAt'])), text(one['id']), text(one['exercise']), text(one['mode']), text(one['state']),
        one['percent'] === undefined ? '' : `${text(one['percent'])} % ${text(one['grade'])}`, number(one['open']), number(one['overdue']),
        number(one['unowned']),
      ]),
    ));
    return 0;
  },
};

export const show: Verb = {
  usage: 'show EXERCISE',
  run: async ({ client, io, options, need }) => {
    const one = await client.get(`/exercises/${encodeURIComponent(need(0, 'the exercise'))}`);
    const score = part(one, 'score');
    print(io, options.json, one, () => [
      `${plain(text(part(one, 'pack', 'title')))}: ${plain(text(part(one, 'mode')))}, ${plain(text(part(one, 'state')))}${
        score === undefined ? '' : `, ${text(part(score, 'percent'))} % (${plain(text(part(score, 'grade')))})`}\n`,
      ...(score === undefined ? [] : [table(['expected', 'answer', 'after', 'points'], objects(part(score, 'answers')).map((answer) => [
        text(answer['what']), text(answer['answer']), answer['afterMs'] === undefined ? '' : span(Math.max(0, number(answer['afterMs']))),
        `${text(answer['points'])} / ${text(answer['most'])}`,
      ])), ...objects(part(score, 'wrong')).map((wrong) => `−${text(wrong['minus'])}: ${plain(text(wrong['what']))}\n`)]),
      table(['to change', 'what', 'owner', 'due', 'state', 'note'], objects(part(one, 'actions')).map((action) => [
        text(action['id']), text(action['what']), text(action['owner']), action['due'] === undefined ? '' : time(number(action['due'])), text(action['state']),
        text(action['note']),
      ])),
    ].join('\n'));
    return 0;
  },
};
