import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { makeRecoveryKey, openRecoveryKey } from '../recovery/key-file.ts';
import { publicHalf, readOrder, signOrder, writeOrder } from '../recovery/order.ts';
import { show } from './command.ts';
import type { Io } from './command.ts';
import { number, part, text } from './json-view.ts';
import { readSecret } from './secret-input.ts';
import { readSpan, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const DAY = '24h';

const key: Verb = {
  usage: 'key FILE [--fd N]',
  options: { fd: { type: 'string' } },
  run: async ({ options, io, need }) => {
    const file = resolve(io.cwd, need(0, 'the file that the key is to be written to'));
    if (existsSync(file)) throw taken(file);
    const made = await makeRecoveryKey(await readSecret({ options, io }, 'A passphrase for this key'));
    writeNew(file, made.sealed);
    const publicKey = publicHalf(made.key);
    show(io, options.json, { file, publicKey }, () =>
      `${file} holds your recovery key, sealed by its passphrase: keep both, apart from the gate.\nIn sallyport.yaml, where two or more people are named:\n`
      + `  backup: { recoveryKeys: { YOUR-NAME: "${publicKey}" } }\n`);
    return 0;
  },
};

const draft: Verb = {
  usage: 'draft FILE --reason WHY [--from VERSION] [--expires 24h]',
  options: { reason: { type: 'string' }, from: { type: 'string' }, expires: { type: 'string' } },
  local: true,
  run: async ({ options, client, io, need, needText }) => {
    const file = resolve(io.cwd, need(0, 'the file of the order'));
    const status = await client.get('/recovery');
    const to = number(part(status, 'snapshot'));
    const from = Number(options.text('from') ?? to);
    const lastsMs = readSpan(options.text('expires') ?? DAY);
    if (!Number.isSafeInteger(from) || from < to || lastsMs === undefined) {
      throw new SallyportError('ERR_USAGE', `--from is a version of at least ${to}, --expires a time like 24h`, {
        remedy: 'Gateways that survived say which version they refuse to leave.',
      });
    }
    const [origin, root] = [text(part(status, 'ledger', 'origin')), text(part(status, 'ledger', 'root'))];
    const createdAt = Date.now();
    const order = writeOrder({
      id: crypto.randomUUID(), installation: text(part(status, 'installation')), from, to, restoredAt: number(part(status, 'restored', 'at')),
      reason: needText('reason'), createdAt, expiresAt: createdAt + lastsMs,
      ...(origin === '' ? {} : { ledger: { origin, size: number(part(status, 'ledger', 'size')), root } }),
    });
    writeNew(file, order);
    tell(io, options.json, order, 'Have two people sign it: sallyport recovery sign FILE --by NAME --key THEIR-KEY');
    return 0;
  },
};

const sign: Verb = {
  usage: 'sign FILE --by NAME --key FILE [--yes] [--fd N]',
  options: { by: { type: 'string' }, key: { type: 'string' }, yes: { type: 'boolean' }, fd: { type: 'string' } },
  run: async ({ options, io, need, needText }) => {
    const file = resolve(io.cwd, need(0, 'the file of the order'));
    const order = readText(file);
    tell(io, false, order, '');
    if (!options.flag('yes') && !(await io.confirm('Sign this order? What was changed after the backup stays lost.'))) {
      throw new SallyportError('ERR_USAGE', 'nothing was signed: nobody confirmed it', { remedy: 'Read what it says, then give --yes.' });
    }
    const own = await openRecoveryKey(readText(resolve(io.cwd, needText('key'))), await readSecret({ options, io }, 'The passphrase of your recovery key'));
    const signed = signOrder(order, needText('by'), own);
    writeFileSync(file, signed);
    show(io, options.json, { file, signers: [...readOrder(signed).signers] }, () => `Signed by ${readOrder(signed).signers.join(', ')}.\n`);
    return 0;
  },
};

const apply: Verb = {
  usage: 'apply FILE',
  local: true,
  run: async ({ options, client, io, need }) => {
    const order = readText(resolve(io.cwd, need(0, 'the file of the order')));
    const answer = await client.send('POST', '/recovery/orders', { order });
    show(io, options.json, answer, () => `Ordered by ${text(part(answer, 'signers'))}: calls flow again, and each role that goes back puts it on record.\n`);
    return 0;
  },
};

const status: Verb = {
  usage: 'status',
  local: true,
  run: async ({ options, client, io }) => {
    const found = await client.get('/recovery');
    show(io, options.json, found, () => table(['what', 'state'], [
      ['installation', text(part(found, 'installation'))], ['snapshot', number(part(found, 'snapshot'))],
      ['restored', part(found, 'restored') === null ? 'no' : time(number(part(found, 'restored', 'at')))],
      ['calls', part(found, 'awaiting') === true ? 'denied until two people have signed an order' : 'flow'], ['who may sign', text(part(found, 'keys'))],
    ]));
    return 0;
  },
};

/** What an order says, for people to read before they sign. */
function tell(io: Io, asJson: boolean, file: string, then: string): void {
  const { order, signers } = readOrder(file);
  const { ledger } = order;
  const said = { order: { ...order, ledger: ledger === undefined ? null : { ...ledger } }, signers: [...signers] };
  show(io, asJson, said, () => `${table(['the order', order.id], [
    ['installation', order.installation], ['roles go back', `from snapshot ${order.from} at most, to ${order.to} at least`],
    ['the ledger goes on from', ledger === undefined ? 'where it is' : `${ledger.size} records of ${ledger.origin}, root ${ledger.root}`],
    ['reason', order.reason], ['drafted', time(order.createdAt)], ['good until', time(order.expiresAt)], ['signed by', signers.join(', ')],
  ])}${then === '' ? '' : `${then}\n`}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} cannot be read`, { remedy: 'Name a file that this user can read.', cause });
  }
}

/** Never over a file that is there: it may be somebody's only key. */
function writeNew(file: string, content: string): void {
  try {
    writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw taken(file, cause);
  }
}

function taken(file: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_CONFLICT', `${file} cannot be written, or is there already`, { remedy: 'Name a new file.', cause });
}

export const command = commandOf('recovery', 'Goes on after a restore, when two people have signed for it', { key, draft, sign, apply, status });
