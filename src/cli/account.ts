import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword } from '../control/accounts/password.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { placeOf } from '../link/place.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { readSecret } from './secret-input.ts';
import { plain, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const PASSWORD = { password: { type: 'boolean' }, fd: { type: 'string' } } as const;

const create: Verb = {
  usage: 'create NAME [--display-name TEXT] [--group NAME]... [--password [--fd N]]',
  options: { 'display-name': { type: 'string' }, group: { type: 'string', multiple: true }, ...PASSWORD },
  run: async (call) => {
    const { client, options, need } = call;
    const userName = need(0, 'the user name');
    const displayName = options.text('display-name');
    const account = await client.send('POST', '/accounts', {
      userName, groups: options.list('group'), ...(displayName === undefined ? {} : { displayName }), ...await newPassword(call, userName),
    });
    return shown(call, account, 'made');
  },
};

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/accounts');
    const head = ['name', 'state', 'password', 'passkeys', 'since', 'person'];
    show(io, options.json, answer, () => table(head, objects(part(answer, 'accounts')).map((account) => [
      text(account['userName']), text(account['state']), account['password'] === true ? 'set' : '',
      objects(account['passkeys']).map(({ name }) => text(name)).join(', '), time(number(account['createdAt'])), text(account['person']),
    ])));
    return 0;
  },
};

const reset: Verb = {
  usage: 'reset NAME [--password [--fd N]]', options: PASSWORD,
  run: async (call) => {
    const name = call.need(0, 'the user name');
    const account = await call.client.send('POST', `/accounts/${encodeURIComponent(name)}/reset`, await newPassword(call, name));
    return shown(call, account, 'reset: its old password and passkeys are gone, its sessions ended');
  },
};

const disable: Verb = {
  usage: 'disable NAME',
  run: async ({ client, io, options, need }) => {
    const account = await client.send('POST', `/accounts/${encodeURIComponent(need(0, 'the user name'))}/disable`);
    show(io, options.json, account, () => `${text(part(account, 'userName'))} can sign in no more. What programs hold already: sallyport person deactivate\n`);
    return 0;
  },
};

export const command = commandOf('account', 'Local accounts: people who sign in without a company\'s provider', { create, list, reset, disable });

/** Typed twice on a terminal, or one line from a pipe; it is hashed here, and leaves this process as a hash only. */
async function newPassword(call: Call, userName: string): Promise<JsonObject> {
  if (!call.options.flag('password')) return {};
  const password = await readSecret(call, `New password of ${userName}`);
  if (call.io.interactive && call.options.text('fd') === undefined && await readSecret(call, 'Once more') !== password) {
    throw new SallyportError('ERR_USAGE', 'the two are not the same', { remedy: 'Try again.' });
  }
  return { passwordHash: await hashPassword(password, [userName]) };
}

/** The one place where the link is printed: whoever has it opens the account. */
async function shown({ client, io, options }: Call, account: Json, done: string): Promise<number> {
  const path = text(part(account, 'link', 'path'));
  const door = client.control ?? (await readFile(join(placeOf(client.home, 'control'), 'door.url'), 'utf8').catch(() => '')).trim();
  const link = path === '' ? undefined : `${door}${path}`;
  show(io, options.json, account, () => (link === undefined ? `${plain(text(part(account, 'userName')))}: ${done}.\n` : `${link}\n`));
  if (link === undefined || options.json) return 0;
  io.note(`The account is ${done}. The link opens it once, until ${time(number(part(account, 'link', 'expiresAt')))}: give it to nobody but its owner.`);
  if (door === '') io.note('Control has no door yet: set `control: { listen: 127.0.0.1:7444 }` in sallyport.yaml, or use --password.');
  return 0;
}
