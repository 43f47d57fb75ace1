import type { JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { readGrantee } from '../grantee.ts';
import { objects, part, text } from '../json-view.ts';
import { plain, table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const roles: Verb = {
  usage: 'roles',
  run: async ({ client, io, options }) => {
    const [answer, bound] = [await client.get('/roles'), await client.get('/bindings')];
    const holders = objects(part(bound, 'bindings'));
    const all = objects(part(answer, 'roles'));
    show(io, options.json, { roles: part(answer, 'roles') ?? [], bindings: part(bound, 'bindings') ?? [] }, () => table(
      ['role', 'allows', 'who', 'binding'], all.flatMap((one) => rowsOf(one, holders.filter((held) => held['role'] === one['id']))),
    ));
    return 0;
  },
};

function rowsOf(one: JsonObject, holders: readonly JsonObject[]): readonly (readonly string[])[] {
  const allows = objects(one['allow']).map((rule) => `${text(rule['server'] ?? rule['toolset'])} ${text(rule['effects'] ?? rule['tools'])}`).join('; ');
  if (holders.length === 0) return [[text(one['id']), allows, '', '']];
  return holders.map((held) => [text(one['id']), allows, text(held['to']), text(held['id'])]);
}

export const role: Verb = {
  usage: 'role NAME --server ID [--effect read|write|destroy|execute|communicate|transact]...',
  options: { server: { type: 'string' }, effect: { type: 'string', multiple: true } },
  run: async ({ client, io, options, need, needText }) => {
    const name = need(0, 'the role\'s name');
    const effects = options.list('effect');
    const answer = await client.send('PUT', `/roles/${encodeURIComponent(name)}`, {
      allow: [{ server: needText('server'), ...(effects.length === 0 ? {} : { effects: [...effects] }) }],
    });
    show(io, options.json, answer, () => `The role ${plain(name)} is in force.\n`);
    return 0;
  },
};

export const unrole: Verb = {
  usage: 'unrole NAME',
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('DELETE', `/roles/${encodeURIComponent(need(0, 'the role\'s name'))}`);
    show(io, options.json, answer, () => `The role ${plain(text(part(answer, 'id')))} is removed.\n`);
    return 0;
  },
};

export const bind: Verb = {
  usage: 'bind ROLE --to group:NAME|agent:NAME|principal:ID',
  options: { to: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const answer = await client.send('POST', '/bindings', { role: need(0, 'the role'), to: readGrantee(needText('to')) });
    show(io, options.json, answer, () => `It is bound as ${plain(text(part(answer, 'id')))}.\n`);
    return 0;
  },
};

export const unbind: Verb = {
  usage: 'unbind BINDING-ID',
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('DELETE', `/bindings/${encodeURIComponent(need(0, 'the binding'))}`);
    show(io, options.json, answer, () => `The binding ${plain(text(part(answer, 'id')))} is taken.\n`);
    return 0;
  },
};
