import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { verifies } from '../../../test/e2e/requirements.ts';
import type { Observation } from '../../domain/observation.ts';
import type { Unwrapped } from '../../domain/runs.ts';
import { observeProcesses } from './processes.ts';
import type { HostLook } from './processes.ts';
import { readLinux } from './processes-linux.ts';
import { readMacos } from './processes-macos.ts';

const root = mkdtempSync(join(tmpdir(), 'sp-processes-'));
const started: Bun.Subprocess[] = [];

function put(path: string, text: string, mode = 0o644): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** A real process: a script that stays, and says when it is up. */
const STAYS = "console.log('up'); setInterval(() => undefined, 1000);\n";
const LISTENS = (host: string): string => `const s = Bun.listen({ hostname: '${host}', port: 0, socket: { data() {} } }); console.log('up ' + s.port); \n`;

async function start(argv: readonly string[], argv0?: string): Promise<{ readonly pid: number; readonly said: string }> {
  const child = Bun.spawn([...argv], { cwd: root, stdin: 'pipe', stdout: 'pipe', stderr: 'ignore', ...(argv0 !== undefined && { argv0 }) });
  started.push(child);
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return { pid: child.pid, said: new TextDecoder().decode(value) };
}

/** Of a command's words, what the tests need of `unwrap`. */
function unwrap(command: readonly string[]): Unwrapped {
  const [program = '', first = ''] = command;
  const url = command.find((word) => word.startsWith('https://'));
  if (first.startsWith('mcp-remote') && url !== undefined) return { runs: { kind: 'remote', url }, wrappers: ['npx', 'mcp-remote'] };
  const at = first.lastIndexOf('@');
  const [name, version] = at > 0 ? [first.slice(0, at), first.slice(at + 1)] : [first, undefined];
  if (program === 'npx') return { runs: { kind: 'package', ecosystem: 'npm', name, ...(version !== undefined && { version }) }, wrappers: ['npx'] };
  if (program === 'sh') return { runs: { kind: 'shell', line: command.at(-1) ?? '' }, wrappers: ['sh'] };
  return { runs: { kind: 'program', program }, wrappers: [] };
}

const look: HostLook = {
  machine: 'laptop-7', now: 1_000, unwrap, gates: ['/opt/sallyport/bin/sallyport'], userName: () => 'alice',
  advisoriesFor: (_, name, version) => (name === '@modelcontextprotocol/sdk' && version === '1.10.0' ? ['CVE-2026-1'] : []),
};

function observed(): readonly Observation[] {
  return observeProcesses(readLinux(), look);
}

function of(all: readonly Observation[], pid: number): readonly Observation[] {
  return all.filter(({ keys }) => keys.some((key) => key.startsWith(`process:laptop-7!${pid}!`)));
}

let bun = '';
beforeAll(() => {
  bun = process.execPath;
  const notes = { name: '@acme/notes', version: '1.2.3', dependencies: { '@modelcontextprotocol/sdk': '1' } };
  put('modules/node_modules/@acme/notes/package.json', JSON.stringify(notes));
  put('modules/node_modules/@modelcontextprotocol/sdk/package.json', JSON.stringify({ name: '@modelcontextprotocol/sdk', version: '1.10.0' }));
  put('modules/node_modules/@acme/notes/dist/index.js', STAYS);
  mkdirSync(join(root, 'modules/node_modules/.bin'));
  symlinkSync('../@acme/notes/dist/index.js', join(root, 'modules/node_modules/.bin/notes'));
});
afterAll(() => {
  for (const child of started) child.kill(9);
  rmSync(root, { recursive: true });
});

describe('what runs here', () => {
  test(verifies('running-found', 'a package behind a link, with its version, its library and what is known against that'), async () => {
    const { pid } = await start([bun, join(root, 'modules/node_modules/.bin/notes'), '--api-key', 'hunter2hunter2']);
    const [found, ...others] = of(observed(), pid);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      sensor: 'process', kind: 'server', name: '@acme/notes', person: 'alice@laptop-7', confidence: 70,
      runs: { kind: 'package', ecosystem: 'npm', name: '@acme/notes', version: '1.2.3' }, risks: ['secret-in-clear', 'advisory'],
      facts: { sdk: '@modelcontextprotocol/sdk 1.10.0', advisories: 'CVE-2026-1' },
    });
    expect(found?.keys).toContain('package:npm/@acme/notes');
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  test(verifies('running-found', 'a script by its imports, whatever it is called, and where it listens'), async () => {
    const source = "if (globalThis.never) await import('@modelcontextprotocol/server');\n";
    const wide = put('project/work.js', source + LISTENS('0.0.0.0'));
    const narrow = put('project/other.js', source + LISTENS('127.0.0.1'));
    const [first, second] = [await start([bun, wide]), await start([bun, narrow])];
    const all = observed();
    const listener = of(all, first.pid).find(({ sensor }) => sensor === 'listener');
    expect(of(all, first.pid).map(({ sensor }) => sensor)).toEqual(['process', 'listener']);
    expect(listener).toMatchObject({ risks: ['wide-bind'], place: `0.0.0.0:${first.said.split(' ')[1]?.trim()}` });
    expect(listener?.keys).toContain(`program:laptop-7!${wide}`);
    expect(of(all, second.pid).find(({ sensor }) => sensor === 'listener')?.risks).toEqual([]);
  });

  test('in mounts of its own, as services have them, and in an image of its own', async () => {
    const script = put('boxed/a.js', `if (globalThis.never) await import('@modelcontextprotocol/server');\n${STAYS}`);
    const box = ['bwrap', '--die-with-parent', '--dev-bind', '/', '/'];
    await start([...box, bun, script]);
    const found = observed().filter(({ keys }) => keys.includes(`program:laptop-7!${script}`));
    expect(found).toMatchObject([{ kind: 'server', confidence: 92 }]);
    const other = put('boxed/b.js', `if (globalThis.never) await import('@modelcontextprotocol/server');\n${STAYS}`);
    const image = ['/usr', '/lib', '/lib64', '/etc', '/proc', '/dev', '/tmp', dirname(dirname(bun))].flatMap((path) => ['--ro-bind-try', path, path]);
    await start(['bwrap', '--die-with-parent', '--tmpfs', '/', ...image, bun, other]);
    const hidden = observed().find(({ runs }) => runs?.kind === 'program' && runs.script === other);
    expect(hidden).toMatchObject({ kind: 'server', confidence: 92, keys: [expect.stringMatching(/^process:/)] });
  });

  test('a bundle by the methods that it names; and a text that only names the protocol is none', async () => {
    const bundle = put('opt/a.js', `const m = ["tools/call", "tools/list", "notifications/initialized"];\n${STAYS}`);
    const talk = put('opt/b.js', `// an mcp server for tools/list and tools/call\n${STAYS}`);
    const [first, second] = [await start([bun, bundle]), await start([bun, talk])];
    const all = observed();
    expect(of(all, first.pid)).toMatchObject([{ kind: 'server', confidence: 60 }]);
    expect(of(all, second.pid)).toEqual([]);
  });

  test(verifies('running-found', 'what a client started by pipes, the client, and its chain of wrappers once'), async () => {
    put('node_modules/@anthropic-ai/claude-code/package.json', JSON.stringify({ name: '@anthropic-ai/claude-code', version: '2.0.0' }));
    const server = put('servers/crm-mcp/index.js', STAYS);
    const child = `const child = Bun.spawn(['/bin/sh', '-c', '${bun} ${server}; true'], { stdin: 'pipe', stdout: 'pipe' });
      child.stdout.getReader().read().then(() => console.log('up'));`;
    const client = put('node_modules/@anthropic-ai/claude-code/cli.js', `${child}\nsetInterval(() => undefined, 1000);\n`);
    const { pid } = await start([bun, client]);
    const all = observed();
    const found = all.filter(({ keys }) => keys.includes(`program:laptop-7!${server}`));
    expect(found).toMatchObject([{ kind: 'server', client: 'claude-code', confidence: 60, facts: { by: 'its name' } }]);
    expect(of(all, pid)).toMatchObject([{ kind: 'client', client: 'claude-code' }]);
    for (const { place } of found) process.kill(Number(place.slice(4)), 9);
  });

  test('a wrapper by the package that it started, whatever it was told to start', async () => {
    const child = join(root, 'modules/node_modules/.bin/notes');
    const text = `const c = Bun.spawn(['${bun}', '${child}'], { stdin: 'pipe', stdout: 'pipe' }); c.stdout.getReader().read().then(() => console.log('up'));`;
    const { pid } = await start([bun, put('npm/bin/npx-cli.js', `${text}\nsetInterval(() => undefined, 1000);\n`), 'mcp-server-notes']);
    const [found, ...others] = of(observed(), pid);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ runs: { name: '@acme/notes', version: '1.2.3' }, risks: ['remote-fetch', 'unpinned', 'advisory'] });
    expect(found?.keys.filter((key) => key.startsWith('package:'))).toEqual(['package:npm/@acme/notes']);
    process.kill(Number(found?.place.slice(4)), 9);
  });

  test('look-alikes are not told: letters within words, other MCPs, and names by themselves', async () => {
    const scripts = ['mcp2515/driver.js', 'minecraft-mcp/launch.js', 'smcp/run.js', 'my-mcp-server/index.js'].map((path) => put(`like/${path}`, STAYS));
    const pids: number[] = [];
    for (const script of scripts) pids.push((await start([bun, script])).pid);
    const all = observed();
    expect(pids.flatMap((pid) => of(all, pid))).toEqual([]);
  });

  test('what calls itself the gate is not the gate', async () => {
    put('fake/package.json', JSON.stringify({ name: 'sallyport', dependencies: { '@modelcontextprotocol/server': '2' } }));
    const { pid } = await start([bun, put('fake/main.js', `if (globalThis.never) await import('@modelcontextprotocol/server');\n${STAYS}`), 'connect', 'crm']);
    expect(of(observed(), pid)).toMatchObject([{ kind: 'server', confidence: 92, runs: { kind: 'program', script: join(root, 'fake/main.js') } }]);
    const seen = observeProcesses(readLinux(), { ...look, gates: [join(root, 'fake/main.js')] });
    expect(of(seen, pid)).toMatchObject([{ kind: 'server', runs: { kind: 'gate', server: 'crm' } }]);
    // Two that are started from one folder are two servers.
    expect(of(seen, pid).flatMap(({ keys }) => keys).filter((key) => key.startsWith('program:'))).toEqual([]);
    const gate = { ...look, gates: [put('real/main.js', STAYS)] };
    const named = await start([bun, join(root, 'fake/main.js'), 'connect', 'crm'], gate.gates[0]);
    expect(of(observeProcesses(readLinux(), gate), named.pid).map(({ runs }) => runs?.kind)).toEqual(['program']);
    const box = ['bwrap', '--die-with-parent', '--dev-bind', '/', '/', '--bind', join(root, 'fake/main.js'), join(root, 'real/main.js')];
    await start([...box, bun, join(root, 'real/main.js'), 'connect', 'crm']);
    expect(observeProcesses(readLinux(), gate).filter(({ runs }) => runs?.kind === 'gate')).toEqual([]);
  });

  test('arguments with line breaks and escape sequences end no row', async () => {
    const { pid } = await start([bun, join(root, 'modules/node_modules/.bin/notes'), 'a\nb) R 1 1\u001b[2J']);
    expect(of(observed(), pid)).toMatchObject([{ place: `pid ${pid}`, name: '@acme/notes' }]);
  });
});

const PS = `  501     1   501 Mon Nov 23 09:00:01 2026 ??       /Applications/Claude.app/Contents/MacOS/Claude
  612   501   501 Mon Nov 23 09:00:05 2026 ??       node
  700     1   501 Mon Nov 23 10:11:12 2026 ttys001  /bin/zsh
`;
const COMMANDS = `  501 /Applications/Claude.app/Contents/MacOS/Claude
  612 npm exec mcp-remote https://mcp.example.com/mcp
  700 -zsh
`;
const FOLDERS = 'p501\nfcwd\ntDIR\nn/\np612\nfcwd\ntDIR\nn/Users/alice\nf0\ntunix\nn->0x1\nf1\ntPIPE\nn->0x2\n';
const LISTENING = 'p612\nf22\nn*:3334\nf23\nn[::1]:3334\n';

describe('macOS, by what its own programs print', () => {
  test('is the same table', async () => {
    const asked: string[][] = [];
    const table = await readMacos(async (argv) => {
      asked.push([...argv]);
      if (argv[0] === '/bin/ps') return argv.some((word) => word.includes('comm=')) ? PS : COMMANDS;
      return argv.includes('-iTCP') ? LISTENING : FOLDERS;
    });
    expect(table.sockets).toEqual([
      { address: '0.0.0.0', port: 3334, pid: 612, isApart: false }, { address: '::1', port: 3334, pid: 612, isApart: false },
    ]);
    expect(table.unseen).toHaveLength(1);
    expect(table.processes.find(({ pid }) => pid === 612)).toMatchObject({ folder: '/Users/alice', isPiped: true, hasTerminal: false });
    const seen = observeProcesses(table, { ...look, unwrap });
    expect(seen.map(({ sensor, kind, client }) => [sensor, kind, client])).toEqual([
      ['process', 'client', 'claude-desktop'], ['process', 'server', 'claude-desktop'],
      ['listener', 'server', 'claude-desktop'], ['listener', 'server', 'claude-desktop'],
    ]);
    expect(seen[1]?.runs).toEqual({ kind: 'remote', url: 'https://mcp.example.com/mcp' });
    expect(asked.map(([program]) => program)).toEqual(['/bin/ps', '/bin/ps', '/usr/sbin/lsof', '/usr/sbin/lsof']);
  });
});
