import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { OptionTable } from './arguments.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { readSecret } from './secret-input.ts';
import { table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const KEEP = { owner: { type: 'string' }, expires: { type: 'string' }, 'rotate-by': { type: 'string' } } as const satisfies OptionTable;
const FD = { fd: { type: 'string' } } as const satisfies OptionTable;
const KEEP_USAGE = '[--owner WHO] [--expires DATE] [--rotate-by DATE]';

const set: Verb = {
  local: true,
  usage: `set NAME [--fd N] ${KEEP_USAGE}      (the value is asked for, or piped in)\nvault set NAME --provider ID [--argument TEXT] ${KEEP_USAGE}`,
  options: { ...KEEP, ...FD, provider: { type: 'string' }, argument: { type: 'string' } },
  run: async (call) => {
    const name = one(call, 'the secret\'s name');
    const provider = call.options.text('provider');
    const argument = call.options.text('argument');
    const provided = provider === undefined ? undefined : { provider, ...(argument === undefined ? {} : { argument }) };
    const holds = provided ?? { value: await readSecret(call, `Value of ${name}`) };
    const done = await call.client.send('PUT', path(name), { ...holds, ...keepOf(call) });
    show(call.io, call.options.json, done, () => (provider === undefined
      ? `Set: vault:${name}, version ${text(part(done, 'version'))}.\n` : `Set: vault:${name}, as ${provider} has it.\n`));
    return 0;
  },
};

const list: Verb = {
  usage: 'list',
  run: async (call) => {
    const vault = await call.client.get('/vault');
    show(call.io, call.options.json, vault, () => table(
      ['secret', 'held by', 'version', 'owner', 'expires', 'rotate by', 'last used', 'to do'],
      objects(part(vault, 'secrets')).map((secret) => [
        `vault:${text(secret['name'])}`, holderOf(secret),
        secret['provider'] === undefined ? (text(secret['version']) || 'revoked') : '',
        text(secret['owner']), text(secret['expires']), text(secret['rotateBy']), when(secret['lastUsedAt']), messages(secret),
      ]),
    ));
    return 0;
  },
};

function holderOf(secret: JsonObject): string {
  if (secret['canary'] !== undefined) return 'the vault, a canary';
  return secret['provider'] === undefined ? 'the vault' : text(secret['provider']);
}

const showVerb: Verb = {
  usage: 'show NAME',
  run: async (call) => {
    const secret = await call.client.get(path(one(call, 'the secret\'s name')));
    show(call.io, call.options.json, secret, () => [
      table(['secret', `vault:${text(part(secret, 'name'))}`], [
        ['owner', text(part(secret, 'owner'))], ['used by', text(part(secret, 'usedBy'))], ['last used', when(part(secret, 'lastUsedAt'))],
        ['expires', text(part(secret, 'expires'))], ['rotate by', text(part(secret, 'rotateBy'))], ['to do', messages(secret)],
      ]),
      part(secret, 'versions') === undefined ? '' : table(['version', 'made', 'by', 'state'], objects(part(secret, 'versions')).map((version) => [
        text(version['version']), when(version['createdAt']), text(version['createdBy']),
        version['revokedAt'] !== undefined ? `revoked ${when(version['revokedAt'])}` : version['version'] === part(secret, 'version') ? 'in use' : 'kept',
      ])),
    ].join(''));
    return 0;
  },
};

const rotate: Verb = {
  local: true,
  usage: `rotate NAME [--fd N | --restore VERSION] [--revoke-old] ${KEEP_USAGE}`,
  options: { ...KEEP, ...FD, restore: { type: 'string' }, 'revoke-old': { type: 'boolean' } },
  run: async (call) => {
    const name = one(call, 'the secret\'s name');
    const restore = call.options.text('restore');
    const holds = restore === undefined ? { value: await readSecret(call, `New value of ${name}`) } : { restore: versionOf(restore) };
    const done = await call.client.send('POST', `${path(name)}/rotate`, { ...holds, revokeOld: call.options.flag('revoke-old'), ...keepOf(call) });
    show(call.io, call.options.json, done, () => `Rotated: vault:${name} is at version ${text(part(done, 'version'))}.\n`);
    return 0;
  },
};

const revoke: Verb = {
  usage: 'revoke NAME --version N',
  options: { version: { type: 'string' } },
  run: async (call) => {
    const name = one(call, 'the secret\'s name');
    const done = await call.client.send('POST', `${path(name)}/revoke`, { version: versionOf(call.needText('version')) });
    show(call.io, call.options.json, done, () => `Revoked: version ${text(part(done, 'version'))} of vault:${name}; gateways drop it at once.\n`);
    return 0;
  },
};

const remove: Verb = {
  usage: 'remove NAME',
  run: async (call) => {
    const done = await call.client.send('DELETE', path(one(call, 'the secret\'s name')));
    show(call.io, call.options.json, done, () => `Removed: vault:${text(part(done, 'name'))} with all its versions.\n`);
    return 0;
  },
};

const canary: Verb = {
  local: true,
  usage: 'canary NAME --planted WHERE [--like token|aws|github|password]      (a value that opens nothing; shown once, to be planted there)',
  options: { planted: { type: 'string' }, like: { type: 'string' } },
  run: async (call) => {
    const name = one(call, 'the canary\'s name');
    const like = call.options.text('like');
    const done = await call.client.send('POST', `${path(name)}/canary`, { planted: call.needText('planted'), ...(like === undefined ? {} : { like }) });
    show(call.io, call.options.json, done, () =>
      `${text(part(done, 'value'))}\nPut it there. Whatever carries it past the gate afterwards is refused and on record (secrets/canary).\n`);
    return 0;
  },
};

const check: Verb = {
  usage: 'check [NAME]      (whether it can be opened or read now; without a name all of them, and the key)',
  run: async (call) => {
    const only = call.options.positionals[0];
    const vault = await call.client.get('/vault');
    const names = only === undefined ? objects(part(vault, 'secrets')).filter((secret) => secret['canary'] === undefined)
      .map((secret) => text(secret['name'])) : [only];
    const rows: { readonly name: string; readonly opens: boolean; readonly found: string }[] = [];
    for (const name of names) rows.push(await tryOne(call, name));
    const key = part(vault, 'key');
    const answer: JsonObject = { key: key ?? null, state: part(vault, 'state') ?? null, secrets: rows.map((row): Json => ({ ...row })) };
    show(call.io, call.options.json, answer, () => [
      only === undefined ? `The vault's key: ${describeKey(vault)}\n` : '',
      table(['secret', 'opens', 'found'], rows.map(({ name, opens, found }) => [`vault:${name}`, opens ? 'yes' : 'NO', found])),
    ].join(''));
    return rows.every(({ opens }) => opens) ? 0 : 1;
  },
};

async function tryOne({ client }: Call, name: string): Promise<{ readonly name: string; readonly opens: boolean; readonly found: string }> {
  try {
    const done = await client.send('POST', `${path(name)}/check`);
    return { name, opens: true, found: part(done, 'version') === undefined ? 'read from its provider' : `version ${text(part(done, 'version'))}` };
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code === 'ERR_NOT_RUNNING') throw error;
    return { name, opens: false, found: `${error.code}: ${error.message}` };
  }
}

const unlock: Verb = {
  local: true,
  usage: 'unlock [--fd N]      (the passphrase is asked for, or read from standard input)',
  options: FD,
  run: async (call) => {
    const vault = await call.client.send('POST', '/vault/unlock', { passphrase: await readSecret(call, 'Passphrase of the vault') });
    show(call.io, call.options.json, vault, () => 'The vault is open until control stops.\n');
    return 0;
  },
};

const rekey: Verb = {
  local: true,
  usage: 'rekey [--key file|passphrase|keyring] [--fd N] [--new-fd N]      (passphrases are asked for where the key needs one)',
  options: { ...FD, key: { type: 'string' }, 'new-fd': { type: 'string' } },
  run: async (call) => {
    const vault = await call.client.get('/vault');
    const before = text(part(vault, 'key', 'source'));
    const source = call.options.text('key');
    const after = source ?? before;
    const passphrase = before === 'passphrase' ? await readSecret(call, 'Passphrase of the vault as it is') : undefined;
    // Who only wants another key keeps the passphrase; a new one is taken where there was none, or by --new-fd.
    const isNew = after === 'passphrase' && (before !== 'passphrase' || call.options.text('new-fd') !== undefined);
    const newPassphrase = isNew ? await newOne(call) : undefined;
    const done = await call.client.send('POST', '/vault/rekey', {
      ...(source === undefined ? {} : { source }), ...(passphrase === undefined ? {} : { passphrase }),
      ...(newPassphrase === undefined ? {} : { newPassphrase }),
    });
    show(call.io, call.options.json, done, () =>
      `The vault has a new key (${text(part(done, 'recipient'))}); ${number(part(done, 'resealed'))} sealed texts are sealed anew. `
      + 'Keep a copy of it apart from the copies of the database.\n');
    return 0;
  },
};

/** Typed twice: with a typing error in it, everything in the vault would be lost. */
async function newOne(call: Call): Promise<string> {
  const passphrase = await readSecret(call, 'New passphrase', 'new-fd');
  if (call.options.text('new-fd') !== undefined || !call.io.interactive || await readSecret(call, 'Once more', 'new-fd') === passphrase) return passphrase;
  throw new SallyportError('ERR_USAGE', 'the two are not the same', { remedy: 'Nothing was changed; try again.' });
}

/** Where the vault's key rests, in one line. */
export function describeKey(vault: Json): string {
  const key = part(vault, 'key');
  if (key === null || key === undefined) return 'none yet; it is made when the first secret is set';
  const mode = part(key, 'mode');
  return `${text(part(key, 'source'))}, ${text(part(key, 'where'))}${mode === undefined ? '' : `, mode ${text(mode)}`}`;
}

function one(call: Call, what: string): string {
  const name = call.need(0, what);
  if (call.options.positionals.length > 1) {
    // Somebody typed the value after the name: it is in the shell's history now.
    throw new SallyportError('ERR_USAGE', 'a value is never an argument: other users of the machine can read it', {
      remedy: 'Rotate that value if it was real. Then run the command with the name alone, and type or pipe the value.',
    });
  }
  return name.replace(/^vault:/, '');
}

function path(name: string): string {
  return `/vault/${encodeURIComponent(name)}`;
}

function keepOf({ options }: Call): JsonObject {
  const [owner, expires, rotateBy] = [options.text('owner'), options.text('expires'), options.text('rotate-by')];
  return { ...(owner === undefined ? {} : { owner }), ...(expires === undefined ? {} : { expires }), ...(rotateBy === undefined ? {} : { rotateBy }) };
}

function versionOf(given: string): number {
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new SallyportError('ERR_USAGE', 'a version is a number', { remedy: 'See: sallyport vault show NAME' });
}

function messages(secret: Json): string {
  return objects(part(secret, 'findings')).map((finding) => text(finding['message'])).join(' ');
}

function when(at: Json | undefined): string {
  return typeof at === 'number' ? time(at) : '';
}

export const command = commandOf('vault', 'Secrets by name: set, rotate, revoke, check; and the vault\'s own key', {
  set, list, show: showVerb, rotate, revoke, remove, canary, check, unlock, rekey,
});
