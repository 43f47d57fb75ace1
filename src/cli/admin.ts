import { SallyportError } from '../domain/errors.ts';
import { show } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { table } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/admins');
    show(io, options.json, answer, () => table(['id', 'role', 'who', 'where'], objects(part(answer, 'admins')).map((one) => [
      text(one['id']), text(one['role']),
      text(part(one['to'], 'group')) === '' ? text(part(one['to'], 'principal')) : `group ${text(part(one['to'], 'group'))}`,
      text(one['space']) === '*' ? 'everywhere' : text(one['space']),
    ])));
    return 0;
  },
};

const add: Verb = {
  usage: 'add ROLE --group NAME|--principal ID [--everywhere]',
  options: { group: { type: 'string' }, principal: { type: 'string' }, everywhere: { type: 'boolean' } },
  run: async ({ client, io, options, need }) => {
    const [group, principal] = [options.text('group'), options.text('principal')];
    if ((group === undefined) === (principal === undefined)) {
      throw new SallyportError('ERR_USAGE', 'name either --group or --principal', { remedy: 'A principal is written <issuer>|<subject>.' });
    }
    const answer = await client.send('POST', '/admins', {
      role: need(0, 'the role'), to: group === undefined ? { principal: principal ?? '' } : { group },
      space: options.flag('everywhere') ? '*' : (options.space ?? 'default'),
    });
    show(io, options.json, answer, () => `Given. Take it back with: sallyport admin remove ${text(part(answer, 'id'))}\n`);
    return 0;
  },
};

const remove: Verb = {
  usage: 'remove ID',
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('DELETE', `/admins/${encodeURIComponent(need(0, 'the id of `admin list`'))}`);
    show(io, options.json, answer, () => 'Removed.\n');
    return 0;
  },
};

const whoami: Verb = {
  usage: 'whoami',
  run: async ({ client, io, options }) => {
    const me = await client.get('/me');
    show(io, options.json, me, () => table(['who', 'by', 'roles here'], [[text(part(me, 'id')), text(part(me, 'via')), text(part(me, 'roles'))]]));
    return 0;
  },
};

const twoPersons: Verb = {
  usage: 'two-persons on|off|auto [--every-widening]',
  options: { 'every-widening': { type: 'boolean' } },
  run: async ({ client, io, options, need }) => {
    const wanted = need(0, 'on, off or auto');
    if (!['on', 'off', 'auto'].includes(wanted)) {
      throw new SallyportError('ERR_USAGE', 'say on, off or auto', { remedy: 'auto: as soon as two people can administer.' });
    }
    const every = options.flag('every-widening') ? { everyWidening: true } : {};
    await client.send('PUT', '/administration', { ...(wanted === 'auto' ? {} : { twoPersons: wanted === 'on' }), ...every });
    const now = await client.get('/administration');
    show(io, options.json, now, () => (part(now, 'takesTwo') === true ? 'Wide actions take two people.\n' : 'One person is enough.\n'));
    return 0;
  },
};

export const command = commandOf('admin', 'Who administers, in which role and space', { list, add, remove, whoami, 'two-persons': twoPersons });
