import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENTS, connectAs } from '../fixtures/era-clients.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';

const MODULES = join(import.meta.dir, '..', '..', 'node_modules', '@modelcontextprotocol');
const program = (name: string, ...args: readonly string[]): string => JSON.stringify(['node', join(MODULES, name, 'dist', 'index.js'), ...args]);
const PYTHON = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path));
let gate: Gate;
let token: string;
let folder: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync('/tmp/sp-published-'));
  for (const name of ['files', 'kept']) mkdirSync(join(folder, name));
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);`,
    manifest: `servers:
  everything: { command: ${program('server-everything')}, owner: tests }
  filesystem: { command: ${program('server-filesystem', join(folder, 'files'))}, owner: tests, sandbox: { writes: [${join(folder, 'files')}] } }
  memory:
    command: ${program('server-memory')}
    env: { MEMORY_FILE_PATH: "${join(folder, 'kept', 'memory.jsonl')}" }
    sandbox: { writes: [${join(folder, 'kept')}] }
    owner: tests
  thinking: { command: ${program('server-sequential-thinking')}, owner: tests }
${PYTHON === undefined ? '' : `  python: { command: ["${PYTHON}", "${join(import.meta.dir, '..', 'fixtures', 'python-server.py')}"], owner: tests }`}
toolsets:
  desk: [{ server: filesystem, tools: [write_file, read_text_file] }, { server: memory, tools: "*" }]
`,
  });
  await gate.enrol('everything', 'filesystem', 'memory', 'thinking', ...(PYTHON === undefined ? [] : ['python']));
  token = await gate.token();
}, 120_000);

afterAll(async () => {
  await gate.stop();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

describe.each(CLIENTS)('%s client', (name) => {
  test('uses server-everything: tools, progress, prompts, completion, resources', async () => {
    const { client, call, close } = await connectAs(name, `${gate.url}/mcp/everything`, token);
    const progress: number[] = [];
    expect(await call('echo', { arguments: { message: 'hi' } })).toBe('Echo: hi');
    await call('trigger-long-running-operation', { arguments: { duration: 0.1, steps: 2 }, onprogress: (said) => void progress.push(said.progress) });
    expect(progress).toEqual([1, 2]);
    const { prompts } = await client.listPrompts();
    expect(prompts.length).toBeGreaterThan(0);
    const { resources } = await client.listResources();
    const [first] = resources;
    expect(first).toBeDefined();
    expect((await client.readResource({ uri: first?.uri ?? '' })).contents).toHaveLength(1);
    expect((await client.listResourceTemplates()).resourceTemplates.length).toBeGreaterThan(0);
    await close();
  }, 20_000);

  test('uses server-sequential-thinking', async () => {
    const { call, close } = await connectAs(name, `${gate.url}/mcp/thinking`, token);
    const thought = { thought: 'first this', thoughtNumber: 1, totalThoughts: 2, nextThoughtNeeded: true };
    expect(JSON.parse(await call('sequentialthinking', { arguments: thought }))).toMatchObject({ thoughtNumber: 1, totalThoughts: 2 });
    await close();
  }, 20_000);

  test.skipIf(PYTHON === undefined)('uses a server in Python, of its standard library', async () => {
    const { call, close } = await connectAs(name, `${gate.url}/mcp/python`, token);
    expect(await call('shout', { arguments: { text: 'hi' } })).toBe('HI');
    await close();
  }, 20_000);

  test('uses server-filesystem, which asks for the client\'s roots, and server-memory, alone and as a toolset', async () => {
    const path = join(folder, 'files', `${name}.txt`);
    const files = await connectAs(name, `${gate.url}/mcp/filesystem`, token, {});
    await files.call('write_file', { arguments: { path, content: 'kept' } });
    expect(await files.call('read_text_file', { arguments: { path } })).toBe('kept');
    await files.close();
    const desk = await connectAs(name, `${gate.url}/mcp/t/desk`, token, {});
    expect(await desk.call('filesystem__read_text_file', { arguments: { path } })).toBe('kept');
    await desk.call('memory__create_entities', { arguments: { entities: [{ name, entityType: 'client', observations: ['was here'] }] } });
    expect(await desk.call('memory__read_graph')).toContain(name);
    await desk.close();
  }, 20_000);
});
