import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { describeUpgrade, packageVerb, whileFetching } from './server-package.ts';
import { withProgress } from './progress.ts';
import { readGrantee } from './grantee.ts';
import { readEffects, readNewServer, SERVER_OPTIONS } from './server-options.ts';
import { matrix } from './server-matrix.ts';
import { describeServer } from './server-view.ts';
import { plain, readSpan, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const EFFECT = { effect: { type: 'string', multiple: true } } as const;
const YES = { yes: { type: 'boolean', short: 'y' } } as const;

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/servers');
    show(io, options.json, answer, () => table(['server', 'status', 'tools', 'owner', 'tier', 'reached at'], objects(part(answer, 'servers')).map((server) => [
      text(server['id']), statusOf(server), text(server['tools']),
      text(server['owner']), text(server['tier']), text(server['endpoint']),
    ])));
    return 0;
  },
};

function statusOf(server: JsonObject): string {
  const noted = [...(server['drift'] === true ? ['drifting'] : []), ...(server['refused'] === true ? ['was stopped from connecting'] : [])];
  return [text(server['status']), ...noted].join(', ');
}

const view: Verb = {
  usage: 'show ID',
  run: async ({ client, io, options, need }) => {
    const server = await client.get(`/servers/${encodeURIComponent(need(0, 'the server'))}`);
    show(io, options.json, server, () => describeServer(server));
    return 0;
  },
};

const add: Verb = {
  usage: `add ID --url URL --owner WHO [--sse] [--allow-private] [--header NAME --secret env:NAME|file:/PATH|vault:NAME]
server add ID --owner WHO [--env NAME=VALUE]... [--cwd FOLDER] [--shared] -- COMMAND ARGUMENT...
    both: [--hosting self|vendor|embedded] [--vendor ID] [--tier internal|vendor|public] [--confidentiality LEVEL] [--category NAME]...
          [--trusted] [--effect TOOL=EFFECT]...`,
  options: SERVER_OPTIONS,
  run: async (call) => {
    const server = await whileFetching(call, 'declaring', () => call.client.send('POST', '/servers', readNewServer(call)));
    show(
      call.io, call.options.json, server,
      () => `${describeServer(server)}\nNothing can be called on it yet. Next: sallyport server scan ${text(part(server, 'id'))}\n`,
    );
    return 0;
  },
};

const upgrade: Verb = {
  usage: 'upgrade ID [--to VERSION] [--dry-run]',
  options: { to: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  run: async (call) => {
    const { client, io, options } = call;
    const id = call.need(0, 'the server');
    const version = options.text('to');
    const answer = await whileFetching(call, `upgrading ${plain(id)}`, () => client.send('POST', `/servers/${encodeURIComponent(id)}/upgrade`, {
      dryRun: options.flag('dry-run'), ...(version === undefined ? {} : { version }),
    }));
    show(io, options.json, answer, () => describeUpgrade(answer, id));
    return 0;
  },
};

const scan: Verb = {
  usage: 'scan ID',
  run: async ({ client, io, options, need }) => {
    const id = need(0, 'the server');
    const server = await withProgress(io, `reading ${plain(id)} through the gate`, () => client.send('POST', `/servers/${encodeURIComponent(id)}/scan`));
    show(io, options.json, server, () => `${describeServer(server)}${describeDrift(server)}\nNext: sallyport server approve ${plain(id)}\n`);
    return 0;
  },
};

function describeDrift(answer: Json): string {
  const drift = objects(part(answer, 'drift'));
  if (drift.length === 0) return '';
  return `\nAgainst what is approved:\n${table(['item', 'class', 'until approved', 'fields'], drift.map((one) => [
    [text(one['kind']), text(one['name']), ...(one['renamedTo'] === undefined ? [] : [`→ ${text(one['renamedTo'])}`])].join(' '),
    text(one['class']), text(one['verdict']), text(one['fields']),
  ]))}`;
}

const diff: Verb = {
  usage: 'diff ID',
  run: async ({ client, io, options, need }) => {
    const answer = await client.get(`/servers/${encodeURIComponent(need(0, 'the server'))}/diff`);
    show(io, options.json, answer, () => (objects(part(answer, 'drift')).length === 0 ? 'No difference.\n' : `${plain(text(part(answer, 'text')), true)}\n`));
    return 0;
  },
};

const approve: Verb = {
  usage: 'approve ID [--effect TOOL=EFFECT]... [--yes]',
  options: { ...EFFECT, ...YES },
  run: async (call) => {
    const { client, io, options } = call;
    const path = `/servers/${encodeURIComponent(call.need(0, 'the server'))}`;
    const server = await client.get(path);
    const digest = part(server, 'candidate', 'digest') ?? part(server, 'digest');
    if (typeof digest !== 'string') {
      throw new SallyportError(
        'ERR_CONFLICT', 'there is nothing to approve: the server was not scanned',
        { remedy: `Run \`sallyport server scan ${call.need(0, 'the server')}\` first.` },
      );
    }
    const effects = readEffects(call);
    const changes = text(part(await client.get(`${path}/diff`), 'text'));
    if (!options.json) io.out(`${describeServer(server, effects)}${changes === '' ? '' : `\n${plain(changes, true)}\n`}`);
    await agree(call, 'Approve exactly this?');
    const scannedAt = part(server, 'candidate', 'scannedAt');
    const approved = await client.send('POST', `${path}/approve`, { digest, effects, ...(typeof scannedAt === 'number' ? { scannedAt } : {}) });
    show(io, options.json, approved, () => `Approved. ${text(part(approved, 'tools'))} tools are the allow-list now; policy decides who may call them.\n`);
    return 0;
  },
};

/** Asks, unless `--yes` was typed. Throws when nobody can answer, or the answer is no. */
async function agree({ io, options }: Call, question: string): Promise<void> {
  if (options.flag('yes') || await io.confirm(question)) return;
  throw new SallyportError(
    'ERR_USAGE', 'not agreed: nothing was changed', { remedy: io.interactive ? 'Answer y to go on.' : 'Read what is shown, then add --yes.' },
  );
}

const quarantine: Verb = {
  usage: 'quarantine ID --reason WHY',
  options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const server = await client.send('POST', `/servers/${encodeURIComponent(need(0, 'the server'))}/quarantine`, { reason: needText('reason') });
    show(io, options.json, server, () => `${text(part(server, 'id'))} is in quarantine: no call reaches it. \`server approve\` lifts it.\n`);
    return 0;
  },
};

const remove: Verb = {
  usage: 'remove ID [--yes]',
  options: YES,
  run: async (call) => {
    const id = call.need(0, 'the server');
    await agree(call, `Remove ${plain(id)} and what was approved of it?`);
    const answer = await call.client.send('DELETE', `/servers/${encodeURIComponent(id)}`);
    show(call.io, call.options.json, answer, () => `${plain(id)} is removed.\n`);
    return 0;
  },
};

const learn: Verb = {
  usage: 'learn ID --until 7d --to group:NAME|agent:NAME|principal:ID --owner WHO --approver WHO [--reason WHY]',
  options: { until: { type: 'string' }, to: { type: 'string' }, owner: { type: 'string' }, approver: { type: 'string' }, reason: { type: 'string' } },
  run: async (call) => {
    const { client, io, options, needText } = call;
    const ms = readSpan(needText('until'));
    if (ms === undefined) throw new SallyportError('ERR_USAGE', '--until is no time span', { remedy: 'Write for instance 12h or 7d (14 days at most).' });
    const answer = await client.send('POST', '/exceptions', {
      scope: { kind: 'learn', server: call.need(0, 'the server'), to: readGrantee(needText('to')) },
      reason: options.text('reason') ?? 'learning period', owner: needText('owner'), approver: needText('approver'), expiresAt: Date.now() + ms,
    });
    show(io, options.json, answer, () =>
      `Until ${time(number(part(answer, 'expiresAt')))} reads and confirmed writes are permitted; destroying, running, sending and paying are not.\n` +
      `Then: sallyport policy suggest --since 14d --as permits --server ${call.need(0, 'the server')}\n` +
      `To end it before: sallyport exception remove ${text(part(answer, 'id'))}\n`);
    return 0;
  },
};

export const command = commandOf(
  'server', 'Declare, read, approve and stop MCP servers',
    { list, show: view, add, scan, diff, approve, upgrade, package: packageVerb, quarantine, remove, learn, matrix },
);
