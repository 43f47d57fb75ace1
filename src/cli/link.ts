import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { ROLES } from '../domain/role.ts';
import { joinMachines } from '../link/machines/join.ts';
import { show } from './command.ts';
import { homeFolder } from './home.ts';
import { number, objects, part, text } from './json-view.ts';
import { readSecret } from './secret-input.ts';
import { readSpan, span, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const token: Verb = {
  usage: 'token --role ROLE --node NAME [--ttl 15m] [--at HOST:PORT]',
  options: { role: { type: 'string' }, node: { type: 'string' }, ttl: { type: 'string' }, at: { type: 'string' } },
  run: async ({ client, io, options, needText }) => {
    const ttl = options.text('ttl');
    const ttlMs = ttl === undefined ? LIMITS.linkJoinTokenMs : readSpan(ttl);
    if (ttlMs === undefined) throw new SallyportError('ERR_USAGE', '--ttl is no time span', { remedy: 'Write for instance 15m.' });
    const at = options.text('at');
    const made = await client.send('POST', '/links/tokens', {
      role: needText('role'), node: needText('node'), ttlMs, ...(at === undefined ? {} : { control: at }),
    });
    // The one place where a secret is printed: showing it once is what this command is for.
    show(io, options.json, made, () => `${text(part(made, 'token'))}\n`);
    if (!options.json) {
      const [role, node] = [text(part(made, 'role')), text(part(made, 'node'))];
      io.note(`It is shown this once, lets ${role} ${node} join once, and ends ${time(number(part(made, 'expiresAt')))}.`);
      io.note(`There: sallyport ${role === 'sensor' ? 'sensor' : `role ${role}`} --node ${node} --join FILE`);
    }
    return 0;
  },
};

const join: Verb = {
  usage: 'join --role ROLE --node NAME [--fd N]  (the token is piped in or typed)',
  options: { role: { type: 'string' }, node: { type: 'string' }, fd: { type: 'string' } },
  run: async (call) => {
    const { io, options, needText } = call;
    const role = ROLES.find((one) => one === needText('role'));
    if (role === undefined) throw new SallyportError('ERR_USAGE', `--role is one of ${ROLES.join(', ')}`);
    const who = { role, node: needText('node') };
    const { machine } = await joinMachines(homeFolder(io.env, options.home), who, await readSecret(call, 'the join token'));
    const said = `Joined: ${machine.role} ${machine.node}. Its certificate is renewed by the role while it runs.\n`;
    show(io, options.json, { ...machine }, () => said);
    return 0;
  },
};

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/links');
    show(io, options.json, answer, () => {
      const nodes = objects(part(answer, 'nodes')).map((node) => [
        text(node['role']), text(node['node']), text(node['state']), text(node['address']), time(number(node['joinedAt'])),
        text(node['state']) === 'joined' ? `in ${span(number(node['expiresAt']) - Date.now())}` : '',
      ]);
      const tokens = objects(part(answer, 'tokens')).map((one) => [
        text(one['role']), text(one['node']), `token ${text(one['id'])}`, '', '', `in ${span(number(one['expiresAt']) - Date.now())}`,
      ]);
      return table(['role', 'node', 'state', 'from', 'joined', 'ends'], [...nodes, ...tokens]);
    });
    return 0;
  },
};

const revoke: Verb = {
  usage: 'revoke ROLE NODE | revoke TOKEN-ID',
  run: async ({ client, io, options, need }) => {
    const [first, node] = [need(0, 'a role and a node, or a token\'s id'), options.positionals[1]];
    if (node === undefined) {
      const ended = await client.send('DELETE', `/links/tokens/${encodeURIComponent(first)}`);
      show(io, options.json, ended, () => `Revoked: nobody joins by token ${text(part(ended, 'id'))} any more.\n`);
      return 0;
    }
    const ended = await client.send('POST', `/links/nodes/${encodeURIComponent(first)}/${encodeURIComponent(node)}/revoke`);
    show(io, options.json, ended, () => `Revoked: ${first} ${node} is shut out, and its connections end.\n`);
    return 0;
  },
};

export const command = commandOf('link', 'Let roles on other machines join, list and revoke them', { token, join, list, revoke });
