import type { Json } from '../../domain/json.ts';
import { CONTROLS } from '../../redteam/control-table.ts';
import { INCIDENTS } from '../../redteam/taxonomy/incidents.ts';
import { nameOfTechnique } from '../../redteam/taxonomy/techniques.ts';
import { usageError } from '../arguments.ts';
import { show as print } from '../command.ts';
import { objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { readAll } from './choose.ts';

const FILES = { scenarios: { type: 'string', multiple: true } } as const;

export const list: Verb = {
  usage: 'list [--runs] [--scenarios FILE]...',
  options: { runs: { type: 'boolean' }, ...FILES },
  async run(call) {
    if (call.options.flag('runs')) return listRuns(call);
    const all = await readAll(call.options.list('scenarios'));
    print(call.io, call.options.json, { scenarios: all.map((one): Json => JSON.parse(JSON.stringify(one))) }, () =>
      table(['scenario', 'what it tries', 'claimed', 'by', 'class'], all.map(({ id, title, claim, by, incident }) =>
        [id, title, claim, by.join(', '), incident])));
    return 0;
  },
};

async function listRuns({ client, io, options }: Call): Promise<number> {
  const answer = await client.get('/redteam/runs');
  print(io, options.json, answer, () => table(['run', 'at', 'against', 'prevented', 'detected', 'missed', 'void', 'red', 'worse'],
    objects(part(answer, 'runs')).map((one) => [
      text(one['id']), time(Number(one['startedAt'])), text(one['source']),
      ...['prevented', 'detected', 'missed', 'void', 'red', 'regressed'].map((name) => text(one[name])),
    ])));
  return 0;
}

export const show: Verb = {
  usage: 'show SCENARIO [--scenarios FILE]...',
  options: FILES,
  async run({ options, io, need }) {
    const id = need(0, 'the scenario');
    const scenario = (await readAll(options.list('scenarios'))).find((one) => one.id === id);
    if (scenario === undefined) throw usageError({ usage: `redteam ${show.usage}` }, `there is no scenario ${id}; see \`sallyport redteam list\``);
    const { title, story, incident, techniques, claim, by, gap, steps, harm } = scenario;
    print(io, options.json, JSON.parse(JSON.stringify(scenario)), () => [
      `${plain(title)}\n\n${plain(story)}\n\n`,
      table(['', ''], [
        ...(incident === undefined ? [] : [['class', `${incident}. ${INCIDENTS[incident] ?? ''}`]]),
        ['techniques', techniques.map((one) => `${one} ${nameOfTechnique(one) ?? ''}`).join('\n')],
        ['claimed', claim], ['by', by.map((one) => `${one}: ${CONTROLS.find((control) => control.id === one)?.title ?? ''}`).join('\n')],
        ...(gap === undefined ? [] : [['gap', gap]]),
        ['steps', steps.map((step) => JSON.stringify(step)).join('\n')], ['must not happen', harm.map((one) => JSON.stringify(one)).join('\n')],
      ]),
    ].join(''));
    return 0;
  },
};
