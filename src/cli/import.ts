import { homedir } from 'node:os';
import { clientFiles, CLIENTS } from '../client-files/clients.ts';
import { readClientFile } from '../client-files/file.ts';
import { readText } from '../client-files/read/document.ts';
import { readServers } from '../client-files/read/servers.ts';
import { carriedBy } from '../client-files/runs/carriers.ts';
import { placesOfHome, placesOfProject } from '../client-files/table/places.ts';
import type { ClientPlace } from '../client-files/table/places.ts';
import { knownClient } from '../client-files/table/table.ts';
import { pathsOf } from '../discover/host/find.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { importServers } from '../registry/imported.ts';
import type { Import } from '../registry/imported.ts';
import { show } from './command.ts';
import type { Command, Io } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { ownPlatform } from './own-platform.ts';
import { plain, table } from './terminal.ts';
import { whileFetching } from './server-package.ts';
import { callOf } from './verbs.ts';
import type { Call } from './verbs.ts';

export const command: Command = {
  name: 'import',
  summary: 'Declare the servers that an MCP client has in its configuration',
  usage: `import --from ${CLIENTS.join('|')}|CLIENT|FILE --owner WHO [--dry-run]
    CLIENT: any that \`sallyport discover host\` knows, by its id (docs/host-discovery.md)`,
  async run(args, io) {
    const call = callOf(command, args, { from: { type: 'string' }, owner: { type: 'string' }, 'dry-run': { type: 'boolean' } }, io);
    const owner = call.needText('owner');
    const dryRun = call.options.flag('dry-run');
    const declared = objects(part(await call.client.get('/servers'), 'servers')).map((one) => {
      const named = textsOf(part(one, 'package', 'declared'));
      return { id: text(one['id']), endpoint: text(one['endpoint']), ...(named.length === 0 ? {} : { command: named }) };
    });
    const taken = declared.map(({ id }) => id);
    const found: Import[] = [];
    const { client, files } = await filesOf(call.needText('from'), io);
    for (const file of files) {
      const { text: content, bytes } = await readClientFile(file);
      if (bytes === undefined) continue;
      const read = readServers(readText(content, file), { client, file, scope: 'user' });
      const one = importServers(read, { owner, taken, declared, carriedBy });
      taken.push(...one.servers.map(({ declaration }) => declaration.id));
      found.push(one);
    }
    if (found.length === 0) throw new SallyportError(
      'ERR_FILE_UNREADABLE', `there is no configuration file ${files.join(' or ')}`, { remedy: `--from takes ${CLIENTS.join(', ')} or a file.` },
    );
    const outcomes = await declare(found, dryRun ? undefined : call);
    show(io, call.options.json, { servers: outcomes, skipped: skippedOf(found), secrets: secretsOf(found) }, () => describe(outcomes, found));
    return outcomes.every((one) => one['error'] === undefined) ? 0 : 1;
  },
};

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

/** The files of the client that was named; a file is nobody's. */
async function filesOf(from: string, io: Io): Promise<{ readonly client: string; readonly files: readonly string[] }> {
  const home = io.env['HOME'] ?? homedir();
  const common = CLIENTS.find((one) => one === from);
  if (common !== undefined) return { client: common, files: clientFiles(common, { home, cwd: io.cwd, platform: process.platform, env: io.env }) };
  if (knownClient(from) === undefined) return { client: 'unknown', files: [from] };
  const isIts = ({ client, use, scope }: ClientPlace): boolean => client === from && use === 'servers' && scope !== 'cache';
  const own = placesOfHome({ folder: home, platform: ownPlatform(), env: io.env }).filter(isIts).map(({ pattern }) => pattern);
  const patterns = [...own, ...placesOfProject().filter(isIts).map(({ pattern }) => `${io.cwd}/${pattern}`)];
  return { client: from, files: (await Promise.all(patterns.map(pathsOf))).flat() };
}

/** Each server by itself: one that control refuses does not keep the others out. */
async function declare(found: readonly Import[], call: Call | undefined): Promise<readonly JsonObject[]> {
  const outcomes: JsonObject[] = [];
  for (const { declaration, name, scope } of found.flatMap((one) => one.servers)) {
    const server = { id: declaration.id, name, scope };
    try {
      const body: JsonObject = JSON.parse(JSON.stringify(declaration));
      if (call !== undefined) await whileFetching(call, `declaring ${declaration.id}`, () => call.client.send('POST', '/servers', body));
      outcomes.push({ ...server, added: call !== undefined });
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      outcomes.push({ ...server, added: false, error: error.code, message: error.message });
    }
  }
  return outcomes;
}

function skippedOf(found: readonly Import[]): readonly Json[] {
  return found.flatMap((one) => one.skipped.map((skipped): Json => ({ ...skipped })));
}

function secretsOf(found: readonly Import[]): readonly Json[] {
  return found.flatMap((one) => one.secrets.map((secret): Json => ({ ...secret })));
}

function describe(outcomes: readonly JsonObject[], found: readonly Import[]): string {
  const added = table(['server', 'in the client', 'for', 'outcome'], outcomes.map((one) => [
    text(one['id']), text(one['name']), text(one['scope']),
    one['error'] === undefined ? (one['added'] === true ? 'declared' : 'would be declared') : `${text(one['error'])}: ${text(one['message'])}`,
  ]));
  const skipped = found.flatMap((one) => one.skipped).map(({ name, code, reason, remedy }) => plain(`Skipped ${name}: ${code} ${reason}. ${remedy}`));
  const secrets = found.flatMap((one) => one.secrets).map(({ server, name, reference }) =>
    plain(`${server} needs its secret ${name} at ${reference}, where \`sallyport up\` is started`));
  const hosted = found.flatMap((one) => one.servers).filter(({ declaration }) => declaration.hosting === 'vendor').map(({ declaration }) => declaration.id);
  const vendors = hosted.length === 0 ? [] : [
    plain(`${hosted.join(', ')}: hosted by vendors of which nothing is disclosed, so that only reading of public data passes: sallyport vendor add`),
  ];
  const notes = [...skipped, ...secrets, ...vendors].map((line) => `${line}\n`).join('');
  return `${added}${notes}Nothing can be called yet. Next, for each: sallyport server scan ID\n`;
}
