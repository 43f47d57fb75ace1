import { hostname } from 'node:os';
import { carriedBy } from '../../client-files/runs/carriers.ts';
import type { SealableEntry } from '../../client-files/seal/plan.ts';
import { keysOfRuns } from '../../discover/keys.ts';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isArray } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { redact } from '../../domain/redacted.ts';
import { declaredAs, importServers } from '../../registry/imported.ts';
import { renderArgv } from '../../registry/launch.ts';
import type { Io } from '../command.ts';
import { show } from '../command.ts';
import { openFile } from '../config/opened.ts';
import { asWhom, seal } from '../config/seal.ts';
import { serversAtGate, throughGate } from '../config/seal-gate.ts';
import { objects, part, text } from '../json-view.ts';
import { plain } from '../terminal.ts';
import { callOf } from '../verbs.ts';
import type { Call, Verb } from '../verbs.ts';

export const adopt: Verb = {
  usage: `adopt ASSET --owner WHO [--effect TOOL=EFFECT]... [--agent NAME] [--group NAME]... [--reason WHY] [--yes]
    brings a server that goes around the gate under it: declares it, its secrets in the vault; reads and approves it; then each
    entry of this host's clients' files that starts it starts \`sallyport connect\` instead`,
  options: {
    owner: { type: 'string' }, effect: { type: 'string', multiple: true }, reason: { type: 'string' }, yes: { type: 'boolean' }, client: { type: 'string' },
    agent: { type: 'string' }, group: { type: 'string', multiple: true },
  },
  run: async (call) => {
    const { client, io, options } = call;
    const owner = call.needText('owner');
    const id = call.need(0, 'the asset');
    const asset = await client.get(`/inventory/assets/${encodeURIComponent(id)}`);
    const places = await placesOf(call, asset);
    await agreed(call, places, owner);
    // First declared, then let through, and only then rewritten: no client is left with an entry that leads to nothing.
    const notes: string[] = [];
    for (const { entries, servers } of places) notes.push(...(await throughGate(call, entries, servers, false))?.notes ?? []);
    const servers = await letThrough(call, places, notes);
    for (const place of places) await sealing(call, place, owner);
    const left = (await placesOf(call, asset, false)).length;
    show(io, options.json, { asset: id, servers: [...servers], files: places.map(({ file, names }): Json => ({ file, servers: [...names] })), left }, () =>
      (left === 0
        ? `${servers.map(plainly).join(', ')}: through the gate now, from ${places.length} file${places.length === 1 ? '' : 's'}. Restart the client.
What runs of it beside the gate ends with the client. Who may call it is policy, nobody where none says so: sallyport policy init --template read-only \\
  --group ${plain(call.options.list('group')[0] ?? 'GROUP')} --server ${plain(servers[0] ?? '')}\n`
        : `${left} file${left === 1 ? '' : 's'} still start${left === 1 ? 's' : ''} it beside the gate.\n`));
    return left === 0 ? 0 : LEFT;
  },
};

/**
 * Shows what the gate would start or reach before anything is declared: of one package there may be several entries, with other words
 * each, and a file of a project is whoever's wrote it. Throws `ERR_USAGE` where nobody agrees.
 */
async function agreed(call: Call, places: readonly Place[], owner: string): Promise<void> {
  const { io, options } = call;
  const servers = places.flatMap((place) => place.servers);
  const { servers: made } = importServers({ servers, unread: [] }, { owner, declared: await serversAtGate(call), carriedBy });
  if (made.length === 0) return;
  for (const { name, declaration: { endpoint } } of made) {
    const file = places.find((place) => place.names.includes(name))?.file ?? '';
    const what = endpoint.transport !== 'stdio' ? endpoint.url
      : [renderArgv(endpoint.launch), ...Object.keys(endpoint.launch.env).map((own) => `${own}=…`)].join(' ');
    io.note(`${plain(name)} of ${plain(file)}: ${plain(redact(what))}`);
  }
  if (options.flag('yes') || (await io.confirm('Declare it at the gate, which then starts or asks it for what it offers?'))) return;
  throw new SallyportError('ERR_USAGE', 'nothing was declared: nobody confirmed it', {
    remedy: 'Look at what the gate would start or reach, then give --yes.',
  });
}

function plainly(name: string): string {
  return plain(name);
}

/** Something still goes around the gate. */
const LEFT = 3;

/** A client's file of this host, and its entries that are the asset. */
interface Place {
  readonly file: string;
  readonly names: readonly string[];
  readonly servers: readonly ConfiguredServer[];
  readonly entries: readonly SealableEntry[];
}

/** Throws `ERR_NOT_FOUND` where no client's file of this host has the asset, when it `mustBe` there. */
async function placesOf(call: Call, asset: Json, mustBe = true): Promise<readonly Place[]> {
  const keys = part(asset, 'keys');
  const known = new Set(isArray(keys) ? keys.map(text) : []);
  const entries = objects(part(asset, 'evidence')).filter(({ sensor, goneAt }) => sensor === 'client-file' && goneAt === undefined);
  const files = new Set(entries.filter(({ host }) => text(host) === hostname()).map(({ place }) => text(place).replace(/:\d+$/, '')));
  const places: Place[] = [];
  for (const file of files) {
    const { servers, entries: sealable } = await openFile(call, file);
    const mayLeave = new Set(sealable.map(({ name }) => name));
    const its = servers.filter(({ name, runs }) => mayLeave.has(name) && keysOfRuns(runs.runs, hostname()).some((key) => known.has(key)));
    if (its.length > 0) places.push({ file, names: [...new Set(its.map(({ name }) => name))], servers: its, entries: entriesOf(sealable, its) });
  }
  if (places.length > 0 || !mustBe) return places;
  const hosts = [...new Set(entries.map(({ host }) => text(host)))].filter((host) => host !== '' && host !== hostname());
  throw new SallyportError('ERR_NOT_FOUND', 'no client\'s file of this host starts it', {
    remedy: hosts.length > 0 ? `Run this on ${hosts.map((host) => plain(host)).join(', ')}, where clients have it.`
      : 'Declare it by its address (sallyport server add ID --url URL), and let only the gate reach it (sallyport segment export).',
  });
}

function entriesOf(sealable: readonly SealableEntry[], servers: readonly ConfiguredServer[]): readonly SealableEntry[] {
  const places = new Set(servers.map(({ at }) => JSON.stringify(at)));
  return sealable.filter(({ at }) => places.has(JSON.stringify(at)));
}

/** One file, as `config seal` does it: each entry through the gate whose server is approved. */
async function sealing(call: Call, { file, names }: Place, owner: string): Promise<void> {
  const reason = call.options.text('reason');
  const args = [
    file, '--by', 'gate', '--owner', owner, ...names.flatMap((name) => ['--server', name]), ...(reason === undefined ? [] : ['--reason', reason]),
    ...(call.options.flag('yes') ? ['--yes'] : []), ...asWhom(call), ...further(call),
  ];
  await seal.run(callOf({ usage: adopt.usage }, args, seal.options, quiet(call.io)));
}

/** Reads and approves what is not approved yet; gives the ids. Throws what scanning and approving throw. */
async function letThrough(call: Call, places: readonly Place[], notes: readonly string[]): Promise<readonly string[]> {
  const { command: server } = await import('../server.ts');
  const known = await serversAtGate(call);
  const ids = new Set(places.flatMap(({ servers }) => servers.flatMap((one) => declaredAs(one, known, carriedBy) ?? [])));
  if (ids.size === 0) {
    throw new SallyportError('ERR_CONFLICT', `the gate cannot take it: ${notes.map(plainly).join('; ')}`, {
      remedy: 'Nothing was changed. Mend that, and run this again.',
    });
  }
  const stopped = known.find(({ id, status }) => ids.has(id) && status === 'quarantined');
  if (stopped !== undefined) {
    throw new SallyportError('ERR_CONFLICT', `${plain(stopped.id)} is in quarantine at the gate`, {
      remedy: `Look why first: sallyport server show ${plain(stopped.id)}. Approve it there, then run this again.`,
    });
  }
  const io = call.options.json ? quiet(call.io) : call.io;
  for (const id of ids) {
    if (known.find((one) => one.id === id)?.status === 'approved') continue;
    await server.run(['scan', id, ...further(call)], quiet(call.io));
    const effects = call.options.list('effect').flatMap((effect) => ['--effect', effect]);
    await server.run(['approve', id, ...effects, ...(call.options.flag('yes') ? ['--yes'] : []), ...further(call)], io);
  }
  return [...ids];
}

/** Which gate and space, for what is done on the way. */
function further({ options }: Call): readonly string[] {
  const { home, space, control } = options;
  return [
    ...(home === undefined ? [] : ['--home', home]), ...(space === undefined ? [] : ['--space', space]),
    ...(control === undefined ? [] : ['--control', control]),
  ];
}

/** What is done on the way says only what needs an answer. */
function quiet(io: Io): Io {
  return { ...io, out: () => undefined };
}
