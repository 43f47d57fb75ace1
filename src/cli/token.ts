import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { readSpan, span, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const create: Verb = {
  usage: 'create AGENT --for /mcp/SERVER|/mcp/t/TOOLSET|*... [--person WHO | --workload WHO] [--group NAME]... [--ttl 24h]',
  options: {
    for: { type: 'string', multiple: true }, person: { type: 'string' }, workload: { type: 'string' },
    group: { type: 'string', multiple: true }, ttl: { type: 'string' },
  },
  run: async ({ client, io, options, need }) => {
    const ttl = options.text('ttl');
    const ttlMs = ttl === undefined ? LIMITS.agentTokenTtlMsMax : readSpan(ttl);
    if (ttlMs === undefined) throw new SallyportError('ERR_USAGE', '--ttl is no time span', { remedy: 'Write for instance 8h.' });
    const audience = options.list('for');
    if (audience.length === 0) {
      throw new SallyportError('ERR_USAGE', '--for is missing', { remedy: 'Name each route: /mcp/SERVER or /mcp/t/TOOLSET; * is all of them.' });
    }
    const subject = options.text('person') ?? options.text('workload');
    const made = await client.send('POST', '/tokens', {
      agent: need(0, 'the agent\'s name'), kind: options.text('person') === undefined ? 'workload' : 'person', ...(subject === undefined ? {} : { subject }),
      groups: options.list('group'), audience, ttlMs,
    });
    // The one place where a secret is printed: showing it once is what this command is for.
    show(io, options.json, made, () => `${text(part(made, 'token'))}\n`);
    if (!options.json) {
      io.note(`This is the only time the token is shown. It is for ${text(part(made, 'audience'))} and ends ${time(number(part(made, 'expiresAt')))}.`);
      io.note(`Revoke it with: sallyport token revoke ${text(part(made, 'id'))}`);
    }
    return 0;
  },
};

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/tokens');
    show(io, options.json, answer, () => table([
      'id', 'agent', 'for whom', 'groups', 'routes', 'state', 'ends',
    ], objects(part(answer, 'tokens')).map((token) => [
      text(token['id']), text(token['agent']), `${text(token['kind'])} ${text(token['subject'])}`, text(token['groups']),
      text(token['audience']), text(token['state']),
      text(token['state']) === 'active' ? `in ${span(number(token['expiresAt']) - Date.now())}` : '',
    ])));
    return 0;
  },
};

const revoke: Verb = {
  usage: 'revoke TOKEN-ID',
  run: async ({ client, io, options, need }) => {
    const token = await client.send('DELETE', `/tokens/${encodeURIComponent(need(0, 'the token\'s id'))}`);
    show(io, options.json, token, () => `Revoked: ${text(part(token, 'agent'))} can no longer use it, and its open calls end.\n`);
    return 0;
  },
};

export const command = commandOf('token', 'Make, list and revoke agent tokens', { create, list, revoke });
