import { makeScimToken } from '../control/scim/token.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { plain, readSpan, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const DAY_MS = 24 * 60 * 60_000;

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/people');
    show(io, options.json, answer, () => table(['name', 'state', 'from', 'groups', 'principal'], objects(part(answer, 'people')).map((one) => [
      text(one['userName']), one['active'] === true ? 'active' : 'deactivated', text(one['source']), text(one['groups']),
      Array.isArray(one['principals']) ? text(one['principals'][0]) : text(one['id']),
    ])));
    return 0;
  },
};

/** By id or by user name, which is what people know. */
async function findPerson({ client, need }: Call): Promise<Json> {
  const wanted = need(0, 'the person');
  const people = objects(part(await client.get('/people'), 'people'));
  const found = people.find(({ id, userName }) => id === wanted || text(userName).toLowerCase() === wanted.toLowerCase());
  if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', `there is no person "${plain(wanted)}"`, { remedy: 'See `sallyport person list`.' });
  return found;
}

const switchVerb = (verb: 'activate' | 'deactivate', told: string): Verb => ({
  usage: `${verb} NAME|ID`,
  run: async (call) => {
    const answer = await call.client.send('POST', `/people/${encodeURIComponent(text(part(await findPerson(call), 'id')))}/${verb}`);
    show(call.io, call.options.json, answer, () => `${plain(text(part(answer, 'userName')))}: ${told}\n`);
    return 0;
  },
});

const groups: Verb = {
  usage: 'groups NAME|ID [--group NAME]...',
  options: { group: { type: 'string', multiple: true } },
  run: async (call) => {
    const id = encodeURIComponent(text(part(await findPerson(call), 'id')));
    const answer = await call.client.send('PUT', `/people/${id}/groups`, { groups: [...call.options.list('group')] });
    show(call.io, call.options.json, answer, () => `${plain(text(part(answer, 'userName')))} is in: ${plain(text(part(answer, 'groups'))) || 'no group'}\n`);
    return 0;
  },
};

const scimToken: Verb = {
  usage: 'scim-token --note WHAT-FOR [--ttl 365d]\nperson scim-token --list\nperson scim-token --revoke ID',
  options: { note: { type: 'string' }, ttl: { type: 'string' }, list: { type: 'boolean' }, revoke: { type: 'string' } },
  run: async (call) => {
    const { client, io, options, needText } = call;
    const revoke = options.text('revoke');
    if (revoke !== undefined) {
      const gone = await client.send('DELETE', `/people/scim-tokens/${encodeURIComponent(revoke)}`);
      show(io, options.json, gone, () => 'Revoked.\n');
      return 0;
    }
    if (options.flag('list')) {
      const answer = await client.get('/people/scim-tokens');
      show(io, options.json, answer, () => table(['id', 'note', 'state', 'ends'], objects(part(answer, 'tokens')).map((one) => [
        text(one['id']), text(one['note']), text(one['state']), time(number(one['expiresAt'])),
      ])));
      return 0;
    }
    const ttlMs = readSpan(options.text('ttl') ?? '365d');
    if (ttlMs === undefined || ttlMs > 366 * DAY_MS) {
      throw new SallyportError('ERR_USAGE', '--ttl is no time span of at most a year', { remedy: 'Write for instance 90d.' });
    }
    // Made here, so that whoever approves it as the second person never sees it.
    const { token, hash } = makeScimToken();
    const note = needText('note');
    const ask = async (): Promise<Json> => {
      try {
        const made = await client.send('POST', '/people/scim-tokens', { note, ttlMs, hash });
        return isObject(made) ? { ...made, token } : made;
      } catch (error) {
        // It is good from the second person's word on, and is not to be had again.
        if (error instanceof SallyportError && error.code === 'ERR_PROPOSAL_STORED') show(io, options.json, { token }, () => `${token}\n`);
        throw error;
      }
    };
    const made = await ask();
    // Showing it once is what this command is for.
    show(io, options.json, made, () => `${token}\n`);
    if (!options.json) io.note('This is the only time the token is shown. The directory sends it to <control>/scim/v2.');
    return 0;
  },
};

export const command = commandOf('person', 'The people of the organisation, and the directory that pushes them', {
  list, groups, deactivate: switchVerb('deactivate', 'nothing of theirs works any more'),
  activate: switchVerb('activate', 'may sign in again; what was issued before stays dead'),
  'scim-token': scimToken,
});
