import { randomBytes } from 'node:crypto';
import { deriveCustodianKey } from '../control/break-glass/custodian-key.ts';
import { SallyportError } from '../domain/errors.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { readSecret } from './secret-input.ts';
import { plain, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const SALT_BYTES = 32;

const enrol: Verb = {
  usage: 'enrol NAME [--fd N]', options: { fd: { type: 'string' } },
  run: async (call) => {
    const name = call.need(0, 'the custodian');
    const passphrase = await readSecret(call, `New passphrase of ${plain(name)}`);
    if (call.io.interactive && call.options.text('fd') === undefined && await readSecret(call, 'Once more') !== passphrase) {
      throw new SallyportError('ERR_USAGE', 'the two are not the same', { remedy: 'Try again.' });
    }
    const salt = randomBytes(SALT_BYTES).toString('base64url');
    // Only what anybody may know leaves this process.
    const { publicKey } = await deriveCustodianKey(passphrase, salt);
    const answer = await call.client.send('PUT', `/break-glass/custodians/${encodeURIComponent(name)}`, { publicKey, salt });
    show(call.io, call.options.json, answer, () => `${plain(name)} can open the break-glass, together with another custodian.\n`);
    return 0;
  },
};

const open: Verb = {
  local: true,
  usage: 'open --custodian NAME --custodian NAME --access read,stop,... --reason WHY [--minutes 30] [--everywhere] [--fd N --fd2 N]',
  options: {
    custodian: { type: 'string', multiple: true }, access: { type: 'string' }, reason: { type: 'string' }, minutes: { type: 'string' },
    everywhere: { type: 'boolean' }, fd: { type: 'string' }, fd2: { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options, needText } = call;
    const custodians = options.list('custodian');
    if (custodians.length !== 2) throw new SallyportError('ERR_USAGE', 'two custodians open it', { remedy: 'Name both: --custodian A --custodian B' });
    const begun = await client.send('POST', '/break-glass', {
      custodians, space: options.flag('everywhere') ? '*' : (options.space ?? 'default'), access: needText('access').split(','), reason: needText('reason'),
      minutes: Number(options.text('minutes') ?? '30'),
    });
    const signatures = [await signed(call, begun, 0, 'fd'), await signed(call, begun, 1, 'fd2')];
    const opened = await client.send('POST', `/break-glass/${encodeURIComponent(text(part(begun, 'id')))}/confirm`, { signatures });
    show(io, options.json, opened, () => `${text(part(opened, 'token'))}\n`);
    if (!options.json) {
      io.note(`Open until ${time(number(part(opened, 'endsAt')))}. Use it: SALLYPORT_ADMIN_TOKEN=<token> sallyport …`);
      io.note(`Close it with: sallyport break-glass close ${text(part(opened, 'id'))}. Somebody else must review what is done with it.`);
    }
    return 0;
  },
};

async function signed(call: Call, begun: Parameters<typeof part>[0], at: 0 | 1, descriptor: string): Promise<string> {
  const name = call.options.list('custodian')[at] ?? '';
  const passphrase = await readSecret(call, `Passphrase of ${plain(name)}`, descriptor);
  const salts = part(begun, 'salts');
  const key = await deriveCustodianKey(passphrase, Array.isArray(salts) ? text(salts[at]) : '');
  return key.sign(text(part(begun, 'challenge')));
}

const close: Verb = {
  usage: 'close ID',
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('POST', `/break-glass/${encodeURIComponent(need(0, 'the opening'))}/close`);
    show(io, options.json, answer, () => 'Closed.\n');
    return 0;
  },
};

const review: Verb = {
  usage: 'review ID --note WHAT-WAS-FOUND', options: { note: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const answer = await client.send('POST', `/break-glass/${encodeURIComponent(need(0, 'the opening'))}/review`, { note: needText('note') });
    show(io, options.json, answer, () => 'Reviewed.\n');
    return 0;
  },
};

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const [openings, custodians] = [await client.get('/break-glass'), await client.get('/break-glass/custodians')];
    const all = { openings: part(openings, 'openings') ?? [], custodians: part(custodians, 'custodians') ?? [] };
    show(io, options.json, all, () => table(['id', 'state', 'by', 'what', 'why', 'review'], objects(all.openings).map((one) => [
      text(one['id']), text(one['state']), text(one['custodians']), `${text(one['access'])} in ${text(one['space'])}`, text(one['reason']),
      one['review'] === undefined ? 'MISSING' : text(part(one['review'], 'by')),
    ])) + table(['custodian', 'enrolled by'], objects(all.custodians).map((one) => [text(one['id']), text(one['enrolledBy'])])));
    return 0;
  },
};

export const command = commandOf('break-glass', 'A sealed access for when nobody can sign in; two custodians open it', { enrol, open, close, review, list });
