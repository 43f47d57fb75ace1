import { mkdir, realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { deploy, findDrift } from '../../client-files/enforce/deploy.ts';
import type { Drift } from '../../client-files/enforce/deploy.ts';
import { checkPlan, SYSTEMS } from '../../client-files/enforce/plan.ts';
import type { Artefact, EnforcePlan, System, Target } from '../../client-files/enforce/plan.ts';
import { render } from '../../client-files/enforce/render.ts';
import { TARGETS, UNENFORCED } from '../../client-files/enforce/table.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isArray } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Client } from '../client.ts';
import { show } from '../command.ts';
import { objects, part, text } from '../json-view.ts';
import { plain, table } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { previewOf } from './enforce-preview.ts';
import type { Preview } from './enforce-preview.ts';
import { actOnFile } from './file-acts.ts';
import { asWhom } from './seal.ts';

/** Of drift: the whole machine's settings, not one person's files. */
const PLACE = 'managed-settings';

export const enforce: Verb = {
  usage: 'enforce [--for CLIENT…] [--program PATH] [--agent NAME] [--group NAME…] [--registry URL] [--namespace NAME] [--exclusive]'
    + ' [--system linux|darwin|win32] [--root DIR] [--write | --check | --out DIR]',
  options: {
    for: { type: 'string', multiple: true }, program: { type: 'string' },
    agent: { type: 'string' }, group: { type: 'string', multiple: true }, registry: { type: 'string' }, namespace: { type: 'string' },
    exclusive: { type: 'boolean' }, system: { type: 'string' }, write: { type: 'boolean' }, check: { type: 'boolean' },
    out: { type: 'string' }, root: { type: 'string' },
  },
  run: async (call) => {
    const targets = targetsOf(call);
    const plan = await planOf(call);
    const system = systemOf(call.options.text('system') ?? process.platform);
    const documents = targets.flatMap((target) => target.compile(plan));
    if (call.options.flag('check')) return check(call, documents, system);
    if (call.options.flag('write')) return write(call, plan, documents, system);
    const out = call.options.text('out');
    if (out !== undefined) return hand(call, documents, resolve(call.io.cwd, out));
    const { io, options } = call;
    const preview = await previewOf(call, targets, documents);
    const told: Json = {
      configured: preview.map((one) => ({ ...one })),
      servers: plan.servers.map(({ name }) => name), documents: documents.map((one) => present(one, system)),
      gaps: targets.map(({ title, gaps }) => ({ client: title, gaps })),
      unenforced: UNENFORCED.map((one) => ({ ...one })),
    };
    show(io, options.json, told, () => explain(plan, targets, documents, system, preview));
    return 0;
  },
};

function targetsOf({ options }: Call): readonly Target[] {
  const wanted = options.list('for');
  const unknown = wanted.find((id) => !TARGETS.some((target) => target.id === id));
  if (unknown !== undefined) {
    const named = UNENFORCED.find(({ client }) => client === unknown);
    throw new SallyportError('ERR_CLIENT_UNKNOWN', `${plain(unknown)} has no place for an organisation's word`, {
      remedy: named === undefined ? `Those that have one: ${TARGETS.map(({ id }) => id).join(', ')}.` : `What is left: ${named.instead}.`,
    });
  }
  return wanted.length === 0 ? TARGETS : TARGETS.filter(({ id }) => wanted.includes(id));
}

/** What the registry approved, as clients reach it through this gate. */
async function planOf(call: Call): Promise<EnforcePlan> {
  const { client, options } = call;
  const [status, answer] = [await client.get('/status'), await client.get('/servers')];
  const gate = text(part(status, 'network', 'publicUrl'));
  const program = options.text('program') ?? await realpath(join(import.meta.dir, '..', '..', '..', 'bin', 'sallyport'));
  const registry = options.text('registry');
  const denied = await client.get('/containments/denied');
  const [names, urls] = [textsOf(part(denied, 'servers')), textsOf(part(denied, 'urls'))];
  const approved = objects(part(answer, 'servers')).filter((server) => server['status'] === 'approved').map((server) => text(server['id']))
    .filter((name) => !names.includes(name));
  const plan: EnforcePlan = {
    ...(names.length + urls.length === 0 ? {} : { denied: { names, urls } }),
    servers: approved.map((name) => ({ name, command: [program, 'connect', name, ...asWhom(call)], ...(gate === '' ? {} : { url: `${gate}/mcp/${name}` }) })),
    ...(registry === undefined ? {} : { registry }), namespace: options.text('namespace') ?? 'io.sallyport.gate', isExclusive: options.flag('exclusive'),
  };
  checkPlan(plan);
  return plan;
}

function textsOf(value: Json | undefined): readonly string[] {
  return value !== undefined && isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function systemOf(name: string): System {
  const found = SYSTEMS.find((one) => one === name);
  if (found !== undefined) return found;
  throw new SallyportError('ERR_USAGE', `"${plain(name)}" is none of ${SYSTEMS.join(', ')}`, { remedy: 'Give one of them with --system.' });
}

function pathOf({ paths }: Artefact, system: System, root: string | undefined): string | undefined {
  const path = paths?.[system];
  return path === undefined || root === undefined ? path : join(root, path);
}

async function write(call: Call, plan: EnforcePlan, documents: readonly Artefact[], system: System): Promise<number> {
  const { io, options } = call;
  const root = options.text('root');
  if (root === undefined && system !== process.platform) {
    throw new SallyportError('ERR_USAGE', 'this machine is another system', { remedy: 'Use --out, or --root.' });
  }
  const rows: { readonly id: string; readonly file: string; readonly done: string }[] = [];
  for (const artefact of documents) {
    const file = pathOf(artefact, system, root === undefined ? undefined : resolve(io.cwd, root));
    if (file === undefined) rows.push({ id: artefact.id, file: '', done: `not written to a machine: ${artefact.delivered ?? ''}` });
    else {
      const detail = { file, client: artefact.id, servers: plan.servers.slice(0, LIMITS.fileActServersMax).map(({ name }) => name), how: 'managed-settings' };
      rows.push({ id: artefact.id, file, done: await actOnFile(call, '/file-enforcements', detail, () => deploy(artefact, file)) });
    }
  }
  const told = rows.map((row) => ({ ...row }));
  show(io, options.json, told, () => table(['document', 'file', 'what was done'], rows.map(({ id, file, done }) => [id, file, done])));
  return 0;
}

/** What is deployed here against what would be deployed now; a difference is on record, and makes the exit code 1. */
async function check({ client, io, options }: Call, documents: readonly Artefact[], system: System): Promise<number> {
  const root = options.text('root');
  const owner = root === undefined ? 0 : process.getuid?.() ?? 0;
  const drift: Drift[] = [];
  for (const artefact of documents) {
    const file = pathOf(artefact, system, root === undefined ? undefined : resolve(io.cwd, root));
    if (file !== undefined) drift.push(...await findDrift(artefact, file, owner));
  }
  if (drift.length > 0) await record(client, drift);
  show(io, options.json, drift.map((one) => ({ ...one })), () => (drift.length === 0
    ? 'What is deployed is what is sanctioned.\n'
    : table(['severity', 'document', 'what', 'where'], drift.map(({ severity, artefact, what, file, detail }) =>
      [severity, artefact, what, detail === '' ? file : `${file}: ${detail}`]))));
  return drift.length === 0 ? 0 : 1;
}

async function record(client: Client, drift: readonly Drift[]): Promise<void> {
  const told = drift.slice(0, LIMITS.fileDifferencesMax);
  await client.send('POST', '/file-changes', {
    host: hostname(), place: PLACE, seenAt: Date.now(), left: drift.length - told.length, done: [],
    differences: told.map(({ file, artefact, what, severity }) => ({ file, client: artefact, what: `enforcement ${what}`, severity })),
  });
}

/** Every document into one folder, for whoever deploys it to machines or hands it to a console. */
async function hand({ io, options }: Call, documents: readonly Artefact[], folder: string): Promise<number> {
  const files = documents.map((artefact) => ({ artefact, file: join(folder, `${artefact.id.replace('/', '.')}.${artefact.format}`) }));
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const { artefact, file } of files) await Bun.write(file, render(artefact, undefined));
  show(io, options.json, files.map(({ artefact, file }) => ({ id: artefact.id, file, delivered: artefact.delivered ?? null })), () =>
    table(['document', 'file', 'where it goes'], files.map(({ artefact, file }) => [artefact.id, file, placesOf(artefact)])));
  return 0;
}

function present(artefact: Artefact, system: System): Json {
  return { id: artefact.id, file: artefact.paths?.[system] ?? null, delivered: artefact.delivered ?? null, text: render(artefact, undefined) };
}

function placesOf({ paths = {}, delivered }: Artefact): string {
  return [...Object.values(paths), ...(delivered === undefined ? [] : [delivered])].join('\n');
}

function explain({ servers }: EnforcePlan, targets: readonly Target[], documents: readonly Artefact[], system: System, preview: readonly Preview[]): string {
  const sections = documents.map((artefact) => `${artefact.paths?.[system] ?? artefact.delivered ?? artefact.id}\n${plain(render(artefact, undefined), true)}`);
  return [
    `${servers.length === 1 ? '1 server is' : `${servers.length} servers are`} sanctioned. `
    + 'Nothing was written: --write does it here (as root), --out DIR hands the files to whoever deploys them.\n',
    ...sections,
    'What of this person\'s servers would load then, by each client\'s own rules:',
    table(['client', 'server', 'then', 'file'], preview.map(({ client, server, loads, file }) => [client, server, loads ? 'loads' : 'does not load', file])),
    'What they do not hold against. All of it is on the client\'s side: shut the rest out at the network and at the gate, and watch the files.',
    table(['client', 'gap'], targets.flatMap(({ title, gaps }) => gaps.map((gap) => [title, gap]))),
    'Clients without any such place:',
    table(['client', 'what is left'], UNENFORCED.map(({ client, instead }) => [client, instead])),
  ].join('\n');
}
