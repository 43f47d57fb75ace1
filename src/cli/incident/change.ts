import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { part, text } from '../json-view.ts';
import { plain } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

const REASON = { reason: { type: 'string' } } as const;

export const open: Verb = {
  usage: 'open --kind KIND --severity S --title WHAT --reason WHY [--about server=ID,agent=NAME]',
  options: { ...REASON, kind: { type: 'string' }, severity: { type: 'string' }, title: { type: 'string' }, about: { type: 'string' } },
  run: async (call) => {
    const { client, io, options, needText } = call;
    const body = {
      kind: needText('kind'), severity: needText('severity'), title: needText('title'), reason: needText('reason'), subjects: aboutOf(options.text('about')),
    };
    const answer = await client.send('POST', '/incidents', body);
    show(io, options.json, answer, () => `Incident ${text(part(answer, 'id'))} is open.\n`);
    return 0;
  },
};

function aboutOf(given: string | undefined): JsonObject {
  const pairs = (given ?? '').split(',').filter((one) => one !== '').map((one) => {
    const at = one.indexOf('=');
    if (at < 1) throw new SallyportError('ERR_USAGE', '--about says neither what nor which', { remedy: 'Write for instance --about server=crm,agent=bot.' });
    return [one.slice(0, at), one.slice(at + 1)] as const;
  });
  return Object.fromEntries([...Map.groupBy(pairs, ([kind]) => kind)].map(([kind, all]) => [kind, all.map(([, name]) => name)]));
}

export const note: Verb = {
  usage: 'note INCIDENT TEXT',
  run: async (call) => tell(call, await send(call, 'POST', 'notes', { text: call.need(1, 'what was found out') }), 'has it in its timeline'),
};

export const owner: Verb = {
  usage: 'owner INCIDENT WHO',
  run: async (call) => tell(call, await send(call, 'PUT', 'owner', { owner: call.need(1, 'who looks after it') }), 'is looked after'),
};

export const recover: Verb = {
  usage: 'recover INCIDENT --reason WHAT-WAS-CHECKED',
  options: REASON,
  run: async (call) => tell(call, await send(call, 'POST', 'recover', { reason: call.needText('reason') }), 'is recovered'),
};

export const close: Verb = {
  usage: 'close INCIDENT --verdict true-positive|false-positive|benign|exercise|duplicate --reason WHY [--leave]',
  options: { ...REASON, verdict: { type: 'string' }, leave: { type: 'boolean' } },
  run: async (call) => {
    const body = { verdict: call.needText('verdict'), reason: call.needText('reason'), leave: call.options.flag('leave') };
    return tell(call, await send(call, 'POST', 'close', body), 'is closed');
  },
};

export const reopen: Verb = {
  usage: 'reopen INCIDENT --reason WHY',
  options: REASON,
  run: async (call) => tell(call, await send(call, 'POST', 'reopen', { reason: call.needText('reason') }), 'is open again'),
};

function send(call: Call, method: 'POST' | 'PUT', path: string, body: JsonObject): Promise<Json> {
  return call.client.send(method, `/incidents/${encodeURIComponent(call.need(0, 'the incident'))}/${path}`, body);
}

function tell({ io, options }: Call, answer: Json, what: string): number {
  show(io, options.json, answer, () => `Incident ${plain(text(part(answer, 'id')))} ${what}.\n`);
  return 0;
}
