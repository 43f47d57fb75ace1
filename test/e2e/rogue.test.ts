import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/client';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { objects, part, text } from '../../src/cli/json-view.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { until } from '../fixtures/era-deeds.ts';
import { endOf, startProgram } from '../fixtures/program.ts';
import { startSecureGate } from '../fixtures/secure-gate.ts';

// Real processes on a shared machine: nothing here is a statement about time.
setDefaultTimeout(90_000);

const folder = mkdtempSync('/tmp/sp-rogue-');
const gate = await startSecureGate('', 'permit (principal, action, resource);', '127.0.0.1:0', '127.0.0.1:0');
const children: { kill(): void; readonly exited: Promise<number> }[] = [];
afterAll(async () => {
  for (const child of children) child.kill();
  await Promise.all(children.map(({ exited }) => exited));
  await gate.stop();
  gate.remove();
  rmSync(folder, { recursive: true, force: true });
});

const ENV = { HOME: folder, SALLYPORT_HOME: gate.home };
const CLIENT_FILE = join(folder, '.mcp.json');

/** A server as somebody who asked nobody writes and starts one, and puts into a client's file. */
async function startRogue(): Promise<string> {
  const own = join(folder, 'notes-server');
  mkdirSync(own);
  writeFileSync(join(own, 'package.json'), '{"name":"notes-server","dependencies":{"@modelcontextprotocol/server":"2.4.0"}}');
  const fixture = join(import.meta.dir, '..', 'fixtures', 'conformance-server.ts');
  writeFileSync(join(own, 'index.ts'), `import { startConformanceServer } from ${JSON.stringify(fixture)};\nconsole.log(startConformanceServer().url);\n`);
  const child = Bun.spawn([process.execPath, join(own, 'index.ts')], { cwd: own, stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
  children.push(child);
  for await (const chunk of child.stdout) {
    const url = new TextDecoder().decode(chunk).trim();
    writeFileSync(CLIENT_FILE, JSON.stringify({ mcpServers: { notes: { type: 'http', url } } }));
    return url;
  }
  throw new Error('the server did not start');
}

/** Lines of a watcher as they come. */
async function* watching(): AsyncGenerator<JsonObject> {
  const child = startProgram(['discover', 'watch', folder, '--every', '1s', '--json'], ENV);
  children.push(child);
  let rest = '';
  for await (const chunk of child.stdout) {
    const lines = (rest + new TextDecoder().decode(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}

async function untilStands(changes: AsyncGenerator<JsonObject>, url: string, status: string): Promise<JsonObject> {
  const key = url.replace('http://', '!http://');
  for (let next = await changes.next(); next.done !== true; next = await changes.next()) {
    const { value } = next;
    if (text(value['is']).startsWith(status) && text(part(value, 'asset', 'keys')).includes(key)) return value;
  }
  throw new Error('the watcher ended');
}

async function callByEntry(): Promise<string> {
  const file: Json = JSON.parse(readFileSync(CLIENT_FILE, 'utf8'));
  const args = part(file, 'mcpServers', 'notes', 'args');
  const client = new Client({ name: 'rogue-test', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StdioClientTransport({
    command: text(part(file, 'mcpServers', 'notes', 'command')), args: Array.isArray(args) ? args.map(text) : [],
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
  }));
  const said = JSON.stringify(await client.callTool({ name: 'test_simple_text' }));
  await client.close();
  return said;
}

test('[rogue-adopted] a server that is started beside the gate is seen, said to be rogue, and with one command its traffic passes the gate', async () => {
  const changes = watching();
  const url = await startRogue();
  const rogue = await untilStands(changes, url, 'rogue');
  const id = text(part(rogue, 'asset', 'id'));
  const seen = await gate.admin('GET', `/inventory/assets/${id}`);
  expect(seen).toMatchObject({ kind: 'server', status: 'rogue', servers: [] });
  expect(new Set(objects(seen['evidence']).map(({ sensor }) => text(sensor)))).toEqual(new Set(['client-file', 'listener', 'process']));
  expect(await gate.records({ event: 'result.delivered', tool: 'test_simple_text' })).toEqual([]);
  // On record soon, and before it is adopted.
  await until(async () => (await gate.records({ event: 'inventory.found' })).some(({ detail }) => text(part(detail, 'status')) === 'rogue'));

  // Nothing is done that nobody agreed to.
  const asked = await endOf(startProgram(['discover', 'adopt', id, '--owner', 'me@example.com'], ENV));
  expect(asked.code).not.toBe(0);
  expect(asked.err).toContain(`notes of ${CLIENT_FILE}: ${url}`);
  expect(readFileSync(CLIENT_FILE, 'utf8')).toContain(url);
  expect(objects((await gate.admin('GET', '/servers'))['servers']).map(({ id: server }) => text(server))).not.toContain('notes');

  // What is on record is how things stood when they were compared, a moment after they were seen.
  while (!(await gate.records({ event: 'inventory.found' })).some(({ detail }) => text(part(detail ?? null, 'status')) === 'rogue')) await Bun.sleep(50);
  const adopted = await endOf(startProgram(['discover', 'adopt', id, '--owner', 'me@example.com', '--yes'], ENV));
  expect(adopted).toMatchObject({ code: 0, out: expect.stringContaining('through the gate now') });
  expect(readFileSync(CLIENT_FILE, 'utf8')).not.toContain(url);
  expect(await callByEntry()).toContain('simple text response');
  expect(await gate.records({ event: 'result.delivered', tool: 'test_simple_text' })).toMatchObject([{ server: 'notes' }]);
  await untilStands(changes, url, 'sanctioned');
});

test('[rogue-adopted] what the gate cannot take is said with the reason, and stays as it was', async () => {
  const own = join(folder, 'keyed');
  mkdirSync(own);
  const file = JSON.stringify({ mcpServers: { keyed: { command: '/opt/keyed/server', args: ['--api-key', 'k3yed-8f1c2d7a9b'] } } });
  writeFileSync(join(own, '.mcp.json'), file);
  await endOf(startProgram(['discover', 'host', own, '--only-folders'], ENV));
  const assets = objects(part(await gate.admin('GET', '/inventory/assets'), 'assets'));
  const id = text(assets.find(({ name }) => name === 'keyed')?.['id']);
  const { code, err } = await endOf(startProgram(['discover', 'adopt', id, '--owner', 'me@example.com', '--yes'], ENV));
  expect(code).toBe(1);
  expect(err).toMatch(/the gate can't take keyed: \S/);
  expect(err).not.toContain('k3yed');
  expect(readFileSync(join(own, '.mcp.json'), 'utf8')).toBe(file);
});

test('a gate that is one command lets sensors of other hosts join', async () => {
  const made = await endOf(startProgram(['link', 'token', '--role', 'sensor', '--node', 'laptop-8'], ENV));
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining('sallyport sensor --node laptop-8 --join FILE') });
});

test('[rogue-adopted] what is in quarantine is not taken out of it by adopting', async () => {
  const url = text(part(objects((await gate.admin('GET', '/servers'))['servers']).find(({ id: server }) => server === 'notes'), 'endpoint'));
  writeFileSync(CLIENT_FILE, JSON.stringify({ mcpServers: { notes: { type: 'http', url } } }));
  await gate.admin('POST', '/servers/notes/quarantine', { reason: 'an incident' });
  await endOf(startProgram(['discover', 'host', folder, '--only-folders'], ENV));
  const assets = objects(part(await gate.admin('GET', '/inventory/assets'), 'assets'));
  const id = text(assets.find(({ keys }) => text(keys).includes(new URL(url).host))?.['id']);
  // What is declared at this machine's loopback is what its sensors see there.
  expect(assets.filter(({ keys }) => text(keys).includes(new URL(url).host))).toHaveLength(1);
  const { code, err } = await endOf(startProgram(['discover', 'adopt', id, '--owner', 'me@example.com', '--yes'], ENV));
  expect(code).not.toBe(0);
  expect(err).toContain('notes is in quarantine');
  expect(await gate.admin('GET', '/servers/notes')).toMatchObject({ status: 'quarantined' });
});
