import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray } from '../../domain/json.ts';
import type { OptionTable } from '../arguments.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { readDeclared, readLaunch, SERVER_OPTIONS } from '../server-options.ts';
import { whileFetching } from '../server-package.ts';
import { plain, table, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

const REASON = { reason: { type: 'string' } } as const satisfies OptionTable;

export const request: Verb = {
  usage: `request --entry NAME@VERSION --purpose WHY
registry request --url URL --purpose WHY
registry request --purpose WHY -- COMMAND ARGUMENT...`,
  options: { entry: { type: 'string' }, url: { type: 'string' }, purpose: { type: 'string' } },
  run: async ({ client, io, options, needText }) => {
    const answer = await client.send('POST', '/registry/requests', { wanted: readWanted(options), purpose: needText('purpose') });
    show(io, options.json, answer, () =>
      `Asked for: ${plain(text(part(answer, 'id')))}. Somebody reviews it, somebody else approves it: sallyport registry requests --mine\n`);
    return 0;
  },
};

function readWanted(options: Call['options']): JsonObject {
  const { positionals } = options;
  const [entry, url] = [options.text('entry'), options.text('url')];
  const ways = [
    ...(entry === undefined ? [] : [{ kind: 'entry', entry }]), ...(url === undefined ? [] : [{ kind: 'remote', url }]),
    ...(positionals.length === 0 ? [] : [{ kind: 'command', command: [...positionals] }]),
  ];
  const [only] = ways;
  if (only !== undefined && ways.length === 1) return only;
  throw new SallyportError('ERR_USAGE', 'ask for one thing: an --entry of a catalogue, a --url, or a command', { remedy: 'See `sallyport help registry`.' });
}

export const requests: Verb = {
  usage: 'requests [--mine]', options: { mine: { type: 'boolean' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get(options.flag('mine') ? '/registry/requests/mine' : '/registry/requests');
    show(io, options.json, answer, () => table(['id', 'state', 'wanted', 'for', 'by', 'asked'], objects(part(answer, 'requests')).map((one) => [
      text(one['id']), `${text(one['state'])}${one['refused'] === undefined ? '' : `: ${text(one['refused'])}`}`, wantedIn(one['wanted']), text(one['purpose']),
      text(one['requester']), time(number(one['requestedAt'])),
    ])));
    return 0;
  },
};

function wantedIn(wanted: Json | undefined): string {
  const command = part(wanted, 'command');
  return isArray(command) ? command.map(text).join(' ') : text(part(wanted, 'entry') ?? part(wanted, 'url'));
}

export const showRequest: Verb = {
  usage: 'show REQUEST', options: {},
  run: async ({ client, io, options, need }) => {
    const one = await client.get(pathOf(need(0, 'the request')));
    show(io, options.json, one, () => describe(one));
    return 0;
  },
};

function pathOf(id: string): string {
  return `/registry/requests/${encodeURIComponent(id)}`;
}

/** All that an approver answers for: what is declared, by whom it was written, and what was known of it. */
function describe(one: Json): string {
  const head = table(['request', text(part(one, 'id'))], [
    ['state', text(part(one, 'state'))], ['wanted', wantedIn(part(one, 'wanted'))], ['for', text(part(one, 'purpose'))],
    ['asked by', `${text(part(one, 'requester'))}, ${time(number(part(one, 'requestedAt')))}`],
  ]);
  const review = part(one, 'review');
  if (review === undefined) return head;
  const facts = part(review, 'facts');
  return [
    head, `Reviewed by ${plain(text(part(review, 'by')))}: ${plain(text(part(review, 'note')))}\n`,
    `It would be declared as ${plain(text(part(review, 'server')))}:\n`,
    `${plain(JSON.stringify(part(review, 'definition'), undefined, 2), true)}\n`,
    ...(isArray(facts) ? facts.map((fact) => `- ${plain(text(fact))}\n`) : []), `digest ${plain(text(part(review, 'digest')))}\n`,
  ].join('');
}

export const review: Verb = {
  usage: `review REQUEST --as SERVER --owner WHO --note WHAT [--way NUMBER] [--url URL] [--env NAME=VALUE]... [-- ARGUMENT...]
    and what \`server add\` takes: --tier, --hosting, --confidentiality, --category, --header with --secret, …`,
  options: { ...SERVER_OPTIONS, as: { type: 'string' }, note: { type: 'string' }, way: { type: 'string' } },
  run: async (call) => {
    const { client, io, options, need, needText } = call;
    const path = pathOf(need(0, 'the request'));
    const endpoint = await endpointFor(call, part(await client.get(path), 'wanted'));
    const definition = { id: needText('as'), endpoint, ...readDeclared(call) };
    const answer = await client.send('POST', `${path}/review`, { definition, note: needText('note') });
    show(io, options.json, answer, () =>
      `Reviewed. Somebody who neither asked nor reviewed approves it: sallyport registry approve ${plain(text(part(answer, 'id')))}\n`);
    return 0;
  },
};

/** Where the server would be: as it was asked for, or one of the ways of the catalogue's entry; what follows `--` is added to a command. */
async function endpointFor(call: Call, wanted: Json | undefined): Promise<JsonObject> {
  const { client, options } = call;
  const [, ...more] = options.positionals;
  const remote = (url: string, sse: boolean): JsonObject => ({ transport: sse ? 'sse' : 'http', url, allowPrivate: options.flag('allow-private') });
  const url = part(wanted, 'url');
  if (typeof url === 'string') return remote(url, options.flag('sse'));
  const command = part(wanted, 'command');
  if (isArray(command)) return readLaunch(call, [...command.map(text), ...more]);
  const named = options.text('url');
  if (named !== undefined) return remote(named, options.flag('sse'));
  const offers = objects(part(await client.get(`/registry/catalog/${encodeURIComponent(text(part(wanted, 'entry')))}`), 'offers'));
  const way = options.text('way');
  const chosen = way === undefined ? offers.find((offer) => offer['kind'] !== 'unsupported') : offers[Number(way) - 1];
  if (chosen?.['kind'] === 'remote') return remote(text(chosen['url']), chosen['transport'] === 'sse');
  const words = chosen?.['command'];
  if (chosen?.['kind'] === 'package' && isArray(words)) return readLaunch(call, [...words.map(text), ...more]);
  throw new SallyportError('ERR_USAGE', 'the entry offers no way in which it can be had here',
    { remedy: 'See `sallyport registry entry`; a --way by number, or the whole --url.' });
}

export const approve: Verb = {
  usage: 'approve REQUEST [--digest DIGEST]', options: { digest: { type: 'string' } },
  run: async (call) => {
    const { client, io, options, need } = call;
    const path = pathOf(need(0, 'the request'));
    const one = await client.get(path);
    const digest = options.text('digest') ?? text(part(one, 'review', 'digest'));
    if (options.text('digest') === undefined) {
      io.note(describe(one));
      if (!(await io.confirm('Declare exactly this?'))) {
        io.note('Nothing was approved. Without a terminal, name what was shown with --digest.');
        return 1;
      }
    }
    const answer = await whileFetching(call, 'declaring', () => client.send('POST', `${path}/approve`, { digest }));
    const server = plain(text(part(answer, 'server', 'id')));
    show(io, options.json, answer, () =>
      `${server} is declared. Next: sallyport server scan ${server}\n` +
      `Then, by somebody else than its reviewer: sallyport server approve ${server}; and: sallyport registry publish ${server}\n`);
    return 0;
  },
};

export const refuse: Verb = {
  usage: 'refuse REQUEST --reason WHY', options: REASON,
  run: async ({ client, io, options, need, needText }) => {
    const answer = await client.send('POST', `${pathOf(need(0, 'the request'))}/refuse`, { reason: needText('reason') });
    show(io, options.json, answer, () => 'Refused; who asked sees why.\n');
    return 0;
  },
};

export const withdraw: Verb = {
  usage: 'withdraw REQUEST', options: {},
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('POST', `${pathOf(need(0, 'the request'))}/withdraw`);
    show(io, options.json, answer, () => 'Taken back.\n');
    return 0;
  },
};
