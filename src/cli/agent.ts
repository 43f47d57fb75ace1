import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { isArray } from '../domain/json.ts';
import { readAllow } from './agent-allow.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { readSpan, span, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const END = { expires: { type: 'string' }, for: { type: 'string' } } as const;
const END_USAGE = '[--expires DATE | --for 90d]';
const DEFAULT_LIFE_MS = 90 * 86_400_000;

const register: Verb = {
  usage: 'register NAME --owner WHO --purpose TEXT --allow SERVER[=EFFECT,...]|t/TOOLSET[=EFFECT,...]|*... '
    + `[--client 'ISSUER|CLIENT'|FINDING]... ${END_USAGE} [--conversations]`,
  options: {
    owner: { type: 'string' }, purpose: { type: 'string' }, allow: { type: 'string', multiple: true }, client: { type: 'string', multiple: true },
    conversations: { type: 'boolean' }, ...END,
  },
  run: async (call) => {
    const { client, io, options } = call;
    const agent = await client.send('POST', '/agents', {
      id: call.need(0, 'the agent\'s name'), owner: call.needText('owner'), purpose: call.needText('purpose'), allow: readAllow(options.list('allow')),
      clients: await clientsOf(call), expiresAt: endOf(call), conversations: options.flag('conversations'),
    });
    show(io, options.json, agent, () => `Registered: ${text(part(agent, 'id'))}, until ${time(number(part(agent, 'expiresAt')))}.\n`);
    return 0;
  },
};

const list: Verb = {
  usage: 'list [--unknown]',
  options: { unknown: { type: 'boolean' } },
  run: async ({ client, io, options }) => {
    const unknown = options.flag('unknown');
    const answer = await client.get(unknown ? '/agents/unknown' : '/agents');
    show(io, options.json, answer, () => (unknown ? unknownView(answer) : agentsView(answer)));
    if (unknown && !options.json && objects(part(answer, 'unknown')).length > 0) {
      io.note('They were refused. Register one with: sallyport agent register NAME --client FINDING --owner WHO --purpose TEXT --allow SERVER=read');
    }
    return 0;
  },
};

const inspect: Verb = {
  usage: 'show NAME',
  run: async ({ client, io, options, need }) => {
    const agent = await client.get(`/agents/${encodeURIComponent(need(0, 'the agent\'s name'))}`);
    show(io, options.json, agent, () => table(['', ''], [
      ['agent', text(part(agent, 'id'))], ['owner', text(part(agent, 'owner'))], ['purpose', text(part(agent, 'purpose'))],
      ['clients', lines(part(agent, 'clients'))], ['may at most', allowText(part(agent, 'allow')).join('\n')],
      ['ends', endText(agent)], ['splits conversations', part(agent, 'conversations') === true ? 'yes' : 'no'],
    ]));
    return 0;
  },
};

const renew: Verb = {
  usage: `renew NAME ${END_USAGE}`,
  options: END,
  run: async (call) => {
    const { client, io, options } = call;
    const agent = await client.send('POST', `/agents/${encodeURIComponent(call.need(0, 'the agent\'s name'))}/renew`, { expiresAt: endOf(call) });
    show(io, options.json, agent, () => `Renewed: ${text(part(agent, 'id'))}, until ${time(number(part(agent, 'expiresAt')))}.\n`);
    return 0;
  },
};

const remove: Verb = {
  usage: 'remove NAME',
  run: async ({ client, io, options, need }) => {
    const id = need(0, 'the agent\'s name');
    const answer = await client.send('DELETE', `/agents/${encodeURIComponent(id)}`);
    show(io, options.json, answer, () => `Removed: ${id}. Its clients are unknown from now on, its agent tokens are revoked, and its open calls end.\n`);
    return 0;
  },
};

export const command = commandOf('agent', 'Register, list, show, renew and remove agents', { register, list, show: inspect, renew, remove });

/** A client as it is, or the id of a finding, which is looked up. */
async function clientsOf({ client, options }: Call): Promise<readonly string[]> {
  const given = options.list('client');
  if (given.every((one) => one.includes('|'))) return given;
  const seen = objects(part(await client.get('/agents/unknown'), 'unknown'));
  return given.map((one) => {
    if (one.includes('|')) return one;
    const found = seen.find(({ id }) => id === one);
    if (found !== undefined) return text(found['client']);
    throw new SallyportError('ERR_USAGE', `--client ${one} is neither 'ISSUER|CLIENT' nor a finding`, { remedy: 'See `sallyport agent list --unknown`.' });
  });
}

/** To the second: what the manifest can say too. */
function endOf({ options }: Call): number {
  const [date, life] = [options.text('expires'), options.text('for')];
  if (date !== undefined && life !== undefined) throw new SallyportError('ERR_USAGE', 'give either --expires or --for', { remedy: `Write ${END_USAGE}.` });
  const at = date === undefined ? Date.now() + (life === undefined ? DEFAULT_LIFE_MS : (readSpan(life) ?? Number.NaN)) : Date.parse(date);
  if (Number.isNaN(at)) {
    throw new SallyportError('ERR_USAGE', 'that is no date or time span', { remedy: 'Write for instance --expires 2027-01-31, or --for 90d.' });
  }
  return Math.floor(at / 1000) * 1000;
}

function agentsView(answer: Json): string {
  return table(['agent', 'owner', 'purpose', 'clients', 'may at most', 'ends'], objects(part(answer, 'agents')).map((agent) => [
    text(agent['id']), text(agent['owner']), text(agent['purpose']), lines(agent['clients']), allowText(agent['allow']).join('\n'), endText(agent),
  ]));
}

function unknownView(answer: Json): string {
  return table(['finding', 'client', 'first seen', 'last seen', 'reports'], objects(part(answer, 'unknown')).map((one) => [
    text(one['id']), text(one['client']), time(number(one['firstAt'])), time(number(one['lastAt'])), number(one['reports']),
  ]));
}

function endText(agent: Json): string {
  const at = number(part(agent, 'expiresAt'));
  return at <= Date.now() ? `ended ${time(at)}` : `in ${span(at - Date.now())}`;
}

function allowText(allow: Json | undefined): readonly string[] {
  if (!isArray(allow)) return ['whatever its principal may'];
  if (allow.length === 0) return ['nothing'];
  return objects(allow).map((rule: JsonObject) => {
    const what = rule['toolset'] === undefined ? text(rule['server']) : `t/${text(rule['toolset'])}`;
    return `${what}: ${rule['effects'] === '*' ? 'every effect' : text(rule['effects'])}`;
  });
}

function lines(value: Json | undefined): string {
  return isArray(value) ? value.map(text).join('\n') : '';
}
