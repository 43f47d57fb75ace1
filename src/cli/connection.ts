import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const list: Verb = {
  usage: 'list [--server SERVER] [--principal PRINCIPAL]',
  options: { server: { type: 'string' }, principal: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const wanted = ['server', 'principal'].flatMap((name) => {
      const value = options.text(name);
      return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`];
    });
    const answer = await client.get(`/connections${wanted.length === 0 ? '' : `?${wanted.join('&')}`}`);
    show(io, options.json, answer, () => table([
      'id', 'server', 'whose', 'through', 'scopes', 'issuer', 'state', 'since',
    ], objects(part(answer, 'connections')).map((one) => [
      text(one['id']), text(one['server']), text(one['principal']), text(one['agent']), text(one['scopes']), text(one['provider']), text(one['state']),
      time(number(one['connectedAt'])),
    ])));
    return 0;
  },
};

const revoke: Verb = {
  usage: 'revoke CONNECTION-ID',
  run: async ({ client, io, options, need }) => {
    const ended = await client.send('DELETE', `/connections/${encodeURIComponent(need(0, 'the connection\'s id'))}`);
    show(io, options.json, ended, () => `Ended: ${text(part(ended, 'agent'))} has no use of the account at ${text(part(ended, 'server'))} any more.\n`);
    return 0;
  },
};

export const command = commandOf('connection', 'Accounts that people connected at servers: list and end them', { list, revoke });
