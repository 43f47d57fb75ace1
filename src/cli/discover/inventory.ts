import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { jsonText, show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, readSpan, span, table, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { inventoryOf } from './differences.ts';

export const inventory: Verb = {
  usage: `inventory [--status STATUS] [--kind KIND] [--json | --cyclonedx]
discover inventory ASSET                 one asset, with everything that was seen of it
discover inventory --findings [--all]    what to do something about; with --all also of what is ignored
discover inventory --sensors
discover inventory ASSET --ignore 30d --reason WHY | --heed`,
  options: {
    status: { type: 'string' }, kind: { type: 'string' }, cyclonedx: { type: 'boolean' }, findings: { type: 'boolean' }, all: { type: 'boolean' },
    sensors: { type: 'boolean' }, ignore: { type: 'string' }, reason: { type: 'string' }, heed: { type: 'boolean' },
  },
  run: async (call) => {
    const { options } = call;
    const [asset] = options.positionals;
    if (asset !== undefined && options.text('ignore') !== undefined) await ignore(call, asset);
    else if (asset !== undefined && options.flag('heed')) await heed(call, asset);
    else if (asset !== undefined) await showOne(call, asset);
    else if (options.flag('sensors')) await showSensors(call);
    else if (options.flag('findings')) await showFindings(call);
    else await showAll(call);
    return 0;
  },
};

async function showAll({ client, io, options }: Call): Promise<void> {
  if (options.flag('cyclonedx')) {
    io.out(`${jsonText(await client.get('/inventory/cyclonedx'), 2)}\n`);
    return;
  }
  const [status, kind] = [options.text('status'), options.text('kind')];
  const assets = await inventoryOf(client, { ...(status === undefined ? {} : { status }), ...(kind === undefined ? {} : { kind }) });
  show(io, options.json, { assets }, () => table(['asset', 'what', 'stands', 'seen by', 'seen at', 'sure', 'seen'], assets.map((asset) => [
    text(asset['id']), `${text(asset['kind'])} ${text(asset['name'])}`, standingOf(asset), text(asset['sensors']),
    objectsOf(asset['places']).join('\n'), `${text(asset['confidence'])} %`, `${span(Date.now() - number(asset['lastSeenAt']))} ago`,
  ])));
}

function standingOf(asset: JsonObject): string {
  const until = part(asset, 'ignored', 'until');
  const ignored = until === undefined ? [] : [`ignored until ${time(number(until))}`];
  return [text(asset['status']), ...objectsOf(asset['why']), ...ignored].filter((line) => line !== '').join('\n');
}

function objectsOf(value: JsonObject[string] | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

async function showOne({ client, io, options }: Call, id: string): Promise<void> {
  const asset = await client.get(`/inventory/assets/${encodeURIComponent(id)}`);
  show(io, options.json, asset, () => `${table(['what', 'is'], [
    ['asset', text(part(asset, 'id'))], ['what', `${text(part(asset, 'kind'))} ${text(part(asset, 'name'))}`],
    ['stands', [text(part(asset, 'status')), ...objectsOf(part(asset, 'why'))].join('\n')], ['server of the gate', text(part(asset, 'servers'))],
    ['known by', objectsOf(part(asset, 'keys')).join('\n')], ['wrong with it', text(part(asset, 'risks'))],
    ['since', time(number(part(asset, 'firstSeenAt')))], ['sure', `${text(part(asset, 'confidence'))} %`],
  ])}${table(['seen by', 'where', 'client', 'person', 'last', 'facts'], objects(part(asset, 'evidence')).map((one) => [
    text(one['sensor']), [text(one['host']), text(one['place'])].filter((each) => each !== '').join(': '), text(one['client']), text(one['person']),
    `${time(number(one['seenAt']))}${one['goneAt'] === undefined ? '' : '\nnot there any more'}`, factsOf(one),
  ]))}`);
}

function factsOf(evidence: JsonObject): string {
  const facts = evidence['facts'];
  if (typeof facts !== 'object' || facts === null) return '';
  return Object.entries(facts).map(([name, value]) => `${name}: ${name === 'startedAt' ? time(number(value) * 1000) : text(value)}`).join('\n');
}

async function showFindings({ client, io, options }: Call): Promise<void> {
  const answer = await client.get('/inventory/findings', options.flag('all') ? { ignored: 'true' } : {});
  show(io, options.json, answer, () => table(['severity', 'what is wrong', 'with', 'seen', 'do'], objects(part(answer, 'findings')).map((one) => [
    text(one['severity']), text(one['rule']), `${text(one['name'])}\n${text(one['asset'])}`, objectsOf(one['seen']).join('\n'), text(one['remedy']),
  ])));
}

async function showSensors({ client, io, options }: Call): Promise<void> {
  const answer = await client.get('/inventory/sensors');
  show(io, options.json, answer, () => table(['sensor', 'on', 'state', 'heard', 'waiting', 'dropped'], objects(part(answer, 'sensors')).map((one) => [
    text(one['node']), text(one['host']), text(one['state']), `${span(Date.now() - number(one['seenAt']))} ago`, text(one['queued']), text(one['dropped']),
  ])));
}

async function ignore(call: Call, id: string): Promise<void> {
  const { client, io, options, needText } = call;
  const ms = readSpan(needText('ignore'));
  if (ms === undefined) throw new SallyportError('ERR_USAGE', '--ignore is no time span', { remedy: 'Write for instance 30d (a year at most).' });
  const until = Date.now() + ms;
  const answer = await client.send('POST', `/inventory/assets/${encodeURIComponent(id)}/ignore`, { reason: needText('reason'), until });
  show(io, options.json, answer, () => `Nothing more is heard of ${plain(id)} until ${time(until)}. That is on record.\n`);
}

async function heed({ client, io, options }: Call, id: string): Promise<void> {
  const answer = await client.send('DELETE', `/inventory/assets/${encodeURIComponent(id)}/ignore`);
  show(io, options.json, answer, () => `${plain(id)} is heard of again.\n`);
}
