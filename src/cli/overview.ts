import type { Json, JsonObject } from '../domain/json.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { span, table, time } from './terminal.ts';
import { callOf } from './verbs.ts';

const NEEDS_SHOWN = 20;

export const command: Command = {
  name: 'overview',
  summary: 'How things stand, who calls what, and what waits for a person',
  usage: 'overview [--period 1h|24h|7d|30d] [--edges 100]',
  async run(args, io) {
    const call = callOf(command, args, { period: { type: 'string' }, edges: { type: 'string' } }, io);
    const { client, options } = call;
    const overview = await client.get('/overview', { period: options.text('period'), edges: options.text('edges') });
    show(io, options.json, overview, () => describe(overview));
    const missing = text(part(overview, 'missing'));
    if (missing !== '') io.note(`Not found out: ${missing}.`);
    return missing === '' ? 0 : 1;
  },
};

function describe(overview: Json): string {
  const [force, edges] = [part(overview, 'force'), objects(part(overview, 'map', 'edges'))];
  const others = number(part(overview, 'map', 'others', 'edges'));
  return [
    force === undefined ? '' : `${standing(force)}\n`,
    table(['how many', 'of', 'what', 'worst', 'which'], objects(part(overview, 'figures')).map((one) => [
      number(one['count']), text(one['of']), text(one['id']), text(one['worst']), text(one['names']),
    ])),
    '\nWaits for a person\n',
    table(['since', 'until', 'what', 'which', 'takes', 'id'], objects(part(overview, 'needs')).slice(0, NEEDS_SHOWN).map((one) => needed(one, overview))),
    edges.length === 0 ? '' : `\nWho called what since ${time(number(part(overview, 'map', 'since')))}\n`,
    edges.length === 0 ? '' : table(['who', 'agent', 'server', 'calls', 'denied', 'held', 'findings', 'carried at most', 'last'], edges.map(edgeOf)),
    others === 0 ? '' : `and ${others} more: see --edges\n`,
    nextStep(part(overview, 'begun')),
  ].join('');
}

function standing(force: Json): string {
  const version = part(force, 'snapshot', 'version');
  const [stopped, problems] = [text(part(force, 'stopped')), text(part(force, 'problems'))];
  return table(['what', 'state'], [
    ['in force', version === undefined ? 'nothing: everything is denied' : `snapshot ${text(version)}`],
    ['lease', `ends in ${span(number(part(force, 'leaseEndsInMs')))}`],
    ...(stopped === '' ? [] : [['stopped', stopped]]), ...(problems === '' ? [] : [['not in force', problems]]),
  ]);
}

/** The first that is missing of what a first call takes, in the order of the console's first-run guide. */
function nextStep(begun: Json | undefined): string {
  if (begun === undefined) return '';
  const missing = STEPS.find(([name]) => part(begun, name) === 0 || part(begun, name) === false);
  return missing === undefined ? '' : `\nNext on the way to a first call: ${missing[1]}\n`;
}

const STEPS = [
  ['servers', 'sallyport server add, or sallyport import'], ['approved', 'sallyport server scan, then sallyport server approve'],
  ['agents', 'sallyport agent register'], ['policies', 'sallyport policy init, then sallyport policy put'], ['called', 'sallyport connect'],
] as const;

function needed(need: JsonObject, overview: Json): readonly string[] {
  const [until, now] = [need['until'], number(part(overview, 'at'))];
  return [
    time(number(need['at'])), typeof until === 'number' ? span(until - now) : '',
    need['severity'] === undefined ? text(need['kind']) : `${text(need['kind'])} (${text(need['severity'])})`, text(need['what']),
    text(need['access']), text(need['id']),
  ];
}

function edgeOf(edge: JsonObject): readonly (string | number)[] {
  const labels = part(edge, 'labels');
  return [
    text(edge['principal']), text(edge['agent']), text(edge['server']), number(edge['calls']), number(edge['denials']), number(edge['held']),
    number(edge['findings']),
    [text(part(labels, 'confidentiality')), text(part(labels, 'categories')).replaceAll(',', ''), part(labels, 'untrusted') === true ? 'untrusted' : '']
      .filter((one) => one !== '').join(' '),
    time(number(edge['lastAt'])),
  ];
}
