import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { encryptedPath, encryptFile } from '../../client-files/seal/at-rest.ts';
import { readClientFile } from '../../client-files/file.ts';
import { clientOf } from '../../client-files/table/client-of.ts';
import { planSeal } from '../../client-files/seal/plan.ts';
import type { SealPlan } from '../../client-files/seal/plan.ts';
import { tidyFile, writeSealed } from '../../client-files/seal/seal.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { KEY_SOURCES } from '../../vault/key-source.ts';
import { usageError } from '../arguments.ts';
import { show } from '../command.ts';
import { homeFolder } from '../home.ts';
import { plain, table } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { actOnFile } from './file-acts.ts';
import { openOrMakeFileVault } from './file-vault.ts';
import type { FileVault } from './file-vault.ts';
import { findSecretSpans } from './find-secrets.ts';
import { homeOption, openFile, program, unreadLines } from './opened.ts';
import type { OpenedFile } from './opened.ts';
import { throughGate } from './seal-gate.ts';

/** Something stays in clear. */
const LEFT = 3;

/** Secrets leave a client's file: to the gate where it has the server, else to this person's own sealed store. */
export const seal: Verb = {
  usage: `seal FILE [--client ID] [--server NAME]... [--by best|gate|reference] [--owner WHO] [--encrypt] [--key ${KEY_SOURCES.join('|')}]
    [--agent NAME] [--group NAME]... [--reason WHY] [--dry-run] [--yes]`,
  options: {
    client: { type: 'string' }, server: { type: 'string', multiple: true }, by: { type: 'string' }, owner: { type: 'string' }, key: { type: 'string' },
    agent: { type: 'string' }, group: { type: 'string', multiple: true }, fd: { type: 'string' },
    reason: { type: 'string' }, encrypt: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, yes: { type: 'boolean' },
  },
  run: async (call) => {
    const { options, io, client: { home } } = call;
    if (options.flag('encrypt')) return encrypt(call, call.need(0, 'the file'));
    const opened = await openFile(call, call.need(0, 'the file'));
    const by = byOf(call);
    const isDry = options.flag('dry-run');
    const gate = by === 'reference' ? undefined : await throughGate(call, chosen(call, opened), opened.servers, isDry);
    const further = homeOption(home, homeFolder({ HOME: io.env['HOME'] }));
    const entries = chosen(call, opened).flatMap((entry) => {
      const id = gate?.targets.get(entry.at);
      if (id !== undefined) return [{ ...entry, through: ['connect', id, ...asWhom(call), ...further] }];
      return by === 'gate' ? [] : [entry];
    });
    const plan = planSeal({
      text: opened.read.text, file: opened.read.path, entries, program: program(), by: by === 'reference' ? 'reference' : 'best', launcher: further,
      findSpans: findSecretSpans, newId: () => randomBytes(8).toString('hex'),
    });
    const isChanged = plan.text !== opened.read.text;
    if (isChanged && !isDry) {
      if (!options.json) io.note(describe(opened, plan, gate?.notes ?? [], false));
      if (!options.flag('yes') && !(await io.confirm(`Write ${opened.read.path}?`))) {
        throw new SallyportError('ERR_USAGE', 'nothing was written: nobody confirmed it', { remedy: 'Look at what would change, then give --yes.' });
      }
      await write(call, opened, plan);
    }
    const told: Json = {
      file: opened.read.path, client: opened.client, written: isChanged && !isDry, sealed: plan.sealed.map((one) => ({ ...one })),
      left: plan.left.map(({ line, ...one }) => ({ ...one, line: line ?? null })), notes: [...(gate?.notes ?? [])],
    };
    show(io, options.json, told, () => (isChanged && !isDry ? done(opened.read.path, plan) : describe(opened, plan, gate?.notes ?? [], true)));
    return plan.left.length > 0 || opened.unread.length > 0 ? LEFT : 0;
  },
};

function byOf({ options }: Call): 'best' | 'gate' | 'reference' {
  const by = options.text('by') ?? 'best';
  if (by === 'best' || by === 'gate' || by === 'reference') return by;
  throw usageError({ usage: `config ${seal.usage}` }, '--by is best, gate or reference');
}

/** As which agent, and with which groups, the entry connects. */
export function asWhom({ options }: Call): readonly string[] {
  const agent = options.text('agent');
  return [...(agent === undefined ? [] : ['--agent', agent]), ...options.list('group').flatMap((group) => ['--group', group])];
}

function chosen({ options }: Call, { entries }: OpenedFile): OpenedFile['entries'] {
  const names = options.list('server');
  const missing = names.find((name) => !entries.some((entry) => entry.name === name));
  if (missing !== undefined) throw new SallyportError('ERR_NOT_FOUND', `the file has no server ${plain(missing)} that could be sealed`, {
    remedy: 'Look at its names: sallyport config audit FILE',
  });
  return names.length === 0 ? entries : entries.filter(({ name }) => names.includes(name));
}

async function vaultOf({ options, io, client }: Call): Promise<FileVault> {
  const source = KEY_SOURCES.find((name) => name === options.text('key'));
  if (options.text('key') !== undefined && source === undefined) {
    throw usageError({ usage: `config ${seal.usage}` }, `--key is one of ${KEY_SOURCES.join(', ')}`);
  }
  return openOrMakeFileVault({ options, io, home: client.home }, source);
}

/** The whole file: what is left is an age file, and only what `config exec` starts sees it. */
async function encrypt(call: Call, name: string): Promise<number> {
  const { options, io } = call;
  const { path: file } = await readClientFile(resolve(io.cwd, name));
  if (!options.flag('yes') && !(await io.confirm(`Encrypt ${plain(file)}? Only what sallyport config exec starts can read it then.`))) {
    throw new SallyportError('ERR_USAGE', 'nothing was written: nobody confirmed it', { remedy: 'Give --yes if that is meant.' });
  }
  const vault = await vaultOf(call);
  const reason = options.text('reason');
  await actOnFile(call, '/file-seals', { file, client: clientOf(file), how: 'age', ...(reason === undefined ? {} : { reason }) }, async () => {
    await tidyFile(vault, file);
    await encryptFile(vault, file, vault.text);
  });
  show(io, options.json, { file, encrypted: encryptedPath(file) }, () =>
    `Encrypted: ${plain(encryptedPath(file))}\nStart its client with: sallyport config exec --file ${plain(file)} -- CLIENT\n`);
  return 0;
}

async function write(call: Call, opened: OpenedFile, plan: SealPlan): Promise<void> {
  const { options } = call;
  const vault = await vaultOf(call);
  const reason = options.text('reason');
  const detail = {
    file: opened.read.path, client: opened.client, servers: [...new Set(plan.sealed.map(({ server }) => server))],
    how: [...new Set(plan.sealed.map(({ by }) => by))].join(' '), ...(reason === undefined ? {} : { reason }),
  };
  await actOnFile(call, '/file-seals', detail, async () => {
    await tidyFile(vault, opened.read.path);
    await writeSealed(vault, opened.read, plan);
  });
}

const WAYS = {
  connect: 'sallyport connect, through the gate', launcher: 'sallyport config exec starts it', reference: 'a variable that the client fills in',
} as const;

function describe(opened: OpenedFile, { sealed, left }: SealPlan, notes: readonly string[], isAll: boolean): string {
  const rows = sealed.map(({ server, by, secrets }) => [server, String(secrets), WAYS[by]]);
  const lines = [
    ...left.map(({ server, line, what, remedy }) => plain(`${server}${line === undefined ? '' : ` (line ${line})`} STAYS IN CLEAR: ${what}. ${remedy}`)),
    ...unreadLines(opened), ...notes.map((note) => plain(note)),
    ...(isAll && sealed.length === 0 && left.length === 0 ? ['Nothing in it is in clear.'] : []),
  ];
  return `${rows.length === 0 ? '' : table(['server', 'secrets', 'afterwards'], rows)}${lines.map((line) => `${line}\n`).join('')}`;
}

function done(file: string, { sealed, left }: SealPlan): string {
  const hasVariables = sealed.some(({ by }) => by === 'reference');
  return [
    `Sealed. Restart the client. Undo with: sallyport config unseal ${plain(file)}`,
    ...(hasVariables ? [`Start the client with its variables: sallyport config exec --file ${plain(file)} -- CLIENT`] : []),
    'What stood in clear was readable until now, and may be in backups: rotate it.',
    ...(left.length === 0 ? [] : [`${left.length} STAY IN CLEAR.`]), '',
  ].join('\n');
}
