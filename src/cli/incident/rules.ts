import type { JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { span, table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const rules: Verb = {
  usage: 'rules',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/incidents/rules');
    show(io, options.json, answer, () => table(['rule', 'kind', 'at least', 'alike in', 'waits for', 'within'], objects(part(answer, 'rules')).map((rule) => [
      text(rule['id']), text(rule['kind']), text(rule['severity']), text(rule['by']), waitsFor(rule), span(number(rule['withinMs'])),
    ])));
    return 0;
  },
};

function waitsFor(rule: JsonObject): string {
  const needs = objects(rule['needs']).map((need) => `${text(need['any'])}${need['count'] === undefined ? '' : `, ${number(need['count'])} times`}`);
  return needs.join(rule['ordered'] === true ? '\nand then ' : '\nand ');
}
