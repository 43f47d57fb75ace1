import { chmodSync, copyFileSync, appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unwrap } from '../../../src/client-files/runs/unwrap.ts';
import { observeProcesses } from '../../../src/discover/host/processes.ts';
import type { HostTable } from '../../../src/discover/host/process-table.ts';
import { readLinux } from '../../../src/discover/host/processes-linux.ts';
import type { Looked } from '../../../src/domain/observation.ts';
import type { LookAlike, Plant, Planted } from './planted.ts';

const BUN = process.execPath;
const SDK = { '@modelcontextprotocol/sdk': '^1.0.0' };
/** Says that it is up, and stays; with a host it listens there and says the port. */
const STAYS = "console.log('up 0'); setInterval(() => undefined, 1000);\n";
const LISTENS = "const s = Bun.listen({ hostname: process.argv.at(-1), port: 0, socket: { data() {} } }); console.log('up ' + s.port);\n";
const PYTHON = `import socket, sys, time
s = socket.socket(); s.bind((sys.argv[-1], 0)); s.listen(); print("up", s.getsockname()[1], flush=True); time.sleep(600)
`;
/** Read, never done: nothing is to be fetched. */
const MAKES_SERVER = "if (globalThis.never === true) await import('@modelcontextprotocol/sdk/server/mcp.js');\n";

/** A real process that was started, and where it listens. */
interface Started {
  readonly pid: number;
  readonly port: number;
}

class Party {
  readonly #folder: string;
  readonly #children: Bun.Subprocess[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  put(path: string, text: string | object, mode = 0o644): string {
    const file = join(this.#folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text));
    chmodSync(file, mode);
    return file;
  }

  /** Resolves once it says that it is up; its standard input and output are pipes. */
  async start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
    const whole = { PATH: process.env['PATH'] ?? '', ...env };
    const child = Bun.spawn([...argv], { cwd: this.#folder, stdin: 'pipe', stdout: 'pipe', stderr: 'ignore', env: whole });
    this.#children.push(child);
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    return { pid: child.pid, port: Number(/up (\d+)/.exec(new TextDecoder().decode(value))?.[1] ?? 0) };
  }

  /** What runs on this machine of what was started here, children of children included. */
  table(): HostTable {
    const all = readLinux();
    const own = new Set(this.#children.map(({ pid }) => pid));
    for (const { pid, parent } of all.processes) if (own.has(parent)) own.add(pid);
    const sockets = all.sockets.filter(({ pid }) => pid !== undefined && own.has(pid));
    return { processes: all.processes.filter(({ pid }) => own.has(pid)), sockets, unseen: [] };
  }

  /** Ends what was started, and what that started. */
  async stop(): Promise<void> {
    for (const { pid } of this.table().processes.toReversed()) process.kill(pid, 'SIGKILL');
    await Promise.all(this.#children.map((child) => child.exited));
  }
}

/** An installed package with its program, as a package manager leaves it. */
function install(party: Party, modules: string, name: string, document: object, script: string): string {
  party.put(`${modules}/${name}/package.json`, { name, ...document });
  return party.put(`${modules}/${name}/dist/index.js`, script);
}

type Put = (what: string, keys: readonly string[], confidenceMin: number, port?: number) => void;

async function startPackages(party: Party, put: Put): Promise<void> {
  const notes = install(party, 'lib/node_modules', '@planted/notes', { version: '1.2.3', dependencies: SDK }, MAKES_SERVER + LISTENS);
  put('a package with its library', ['package:npm/@planted/notes'], 90, (await party.start([BUN, notes, '127.0.0.1'])).port);
  const declared = install(party, 'lib/node_modules', 'planted-quiet', { version: '1.0.0', mcpName: 'io.planted/quiet' }, LISTENS);
  put('a package that says so', ['package:npm/planted-quiet'], 95, (await party.start([BUN, declared, '0.0.0.0'])).port);
  install(party, 'npx/_npx/15c6/node_modules', '@planted/chain-mcp-server', { version: '3.0.0', dependencies: SDK }, LISTENS);
  const chained = join('npx/_npx/15c6/node_modules/@planted/chain-mcp-server/dist/index.js');
  const wrapper = party.put('npm/bin/npx-cli.js', `const c = Bun.spawn(['${BUN}', '${chained}', '127.0.0.1'], { stdin: 'pipe', stdout: 'pipe' });
for await (const chunk of c.stdout) console.log(new TextDecoder().decode(chunk));\n`);
  const ran = await party.start([BUN, wrapper, '-y', '@planted/chain-mcp-server']);
  put('a wrapper and what it started, once', ['package:npm/@planted/chain-mcp-server'], 90, ran.port);
  const bridge = install(party, 'lib/node_modules', 'mcp-remote', { version: '0.1.30', dependencies: SDK }, LISTENS);
  const bridged = await party.start([BUN, bridge, 'https://mcp.planted.io/mcp', '--header', 'Authorization: Bearer hunter2hunter2', '127.0.0.1']);
  put('a bridge, by where it leads', ['url:https://mcp.planted.io/mcp'], 90, bridged.port);
}

async function startScripts(party: Party, machine: string, put: Put): Promise<void> {
  const program = (path: string): string => `program:${machine}!${path}`;
  const run = async (what: string, path: string, text: string, sure: number, host?: string): Promise<void> => {
    const script = party.put(path, text);
    const { port } = await party.start([script.endsWith('.py') ? 'python3' : BUN, script, ...(host === undefined ? [] : [host])]);
    put(what, [program(script)], sure, host === undefined ? undefined : port);
  };
  await run('a script by its imports', 'work/a.js', MAKES_SERVER + LISTENS, 90, '127.0.0.1');
  await run('a script of Python', 'work/b.py', `try:\n    from mcp.server.fastmcp import FastMCP\nexcept ImportError:\n    pass\n${PYTHON}`, 90, '0.0.0.0');
  await run('a bundle, by the methods in it', 'work/c.js', `globalThis.m = ["tools/call", "tools/list", "initialize"];\n${LISTENS}`, 60, '127.0.0.2');
  await run('one more of Python', 'work/d.py', `try:\n  import fastmcp\nexcept ImportError:\n  pass\n${PYTHON}`, 70, '127.0.0.1');
  const gate = party.put('sallyport/main.js', STAYS);
  await party.start([BUN, gate, 'connect', 'planted-crm']);
  put('what goes through the gate', ['gate:planted-crm'], 95);
}

async function startOthers(party: Party, folder: string, machine: string, put: Put): Promise<void> {
  const site = 'venv/lib/python3.12/site-packages';
  party.put(`${site}/mcp_server_planted/__main__.py`, PYTHON);
  party.put(`${site}/mcp_server_planted-2.0.dist-info/METADATA`, 'Name: mcp-server-planted\nVersion: 2.0\nRequires-Dist: mcp>=1\n');
  mkdirSync(join(folder, 'venv/bin'));
  // What is found first may be a script that chooses one.
  const python = Bun.spawnSync(['python3', '-c', 'import sys; print(sys.executable)']).stdout.toString().trim();
  symlinkSync(python, join(folder, 'venv/bin/python'));
  const module = await party.start([join(folder, 'venv/bin/python'), '-m', 'mcp_server_planted', '127.0.0.1'], { PYTHONPATH: join(folder, site) });
  put('a module of an environment', ['package:pypi/mcp-server-planted'], 90, module.port);
  const compiled = join(folder, 'planted-mcp-tool');
  copyFileSync('/bin/bash', compiled);
  chmodSync(compiled, 0o755);
  appendFileSync(compiled, '\0dep\tgithub.com/modelcontextprotocol/go-sdk\tv1.1.0\0');
  await party.start([compiled, '-c', 'echo up 0; read line']);
  put('a program by what is compiled into it', [`program:${machine}!${compiled}`], 80);
  const server = party.put('servers/planted-mcp/index.js', LISTENS);
  const client = install(party, 'lib/node_modules', '@anthropic-ai/claude-code', { version: '2.0.0' },
    `const c = Bun.spawn(['${BUN}', '${server}', '127.0.0.1'], { stdin: 'pipe', stdout: 'pipe' });
for await (const chunk of c.stdout) console.log(new TextDecoder().decode(chunk));\n`);
  put('what a client started on a line of pipes', [`program:${machine}!${server}`], 55, (await party.start([BUN, client])).port);
}

const LOOK_ALIKES: readonly LookAlike[] = [
  { what: 'a driver of a chip', text: 'mcp2515' }, { what: 'a game\'s mappings', text: 'minecraft-mcp' },
  { what: 'a name without more', text: 'just-mcp-named' },
  { what: 'a text about the protocol', text: 'about.js' }, { what: 'letters within a word', text: 'smcpd' },
  { what: 'a comment that imports', text: 'comment.js' },
  { what: 'what listens at a port of theirs', text: 'plain.js' },
];

async function startLookAlikes(party: Party): Promise<void> {
  const texts = {
    'like/mcp2515/driver.js': STAYS, 'like/minecraft-mcp/run.js': STAYS, 'like/just-mcp-named/run.js': STAYS, 'like/smcpd.js': STAYS,
    'like/about.js': `console.log("tools/list and tools/call are methods");\n${STAYS}`,
    'like/comment.js': `// import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'\n${STAYS}`, 'like/plain.js': LISTENS,
  };
  await Promise.all(Object.entries(texts).map(([path, text]) => party.start([BUN, party.put(path, text), '127.0.0.1'])));
}

/** Twelve processes, ten of which listen, and what looks like them. */
export async function plantRunning(folder: string, machine: string): Promise<Planted> {
  const party = new Party(folder);
  const plants: Plant[] = [];
  const put: Put = (what, keys, confidenceMin, port) => {
    plants.push({ what, kind: 'server', keys, confidenceMin, by: 'process' });
    if (port === undefined) return;
    const all = [...keys, `listener:${machine}!127.0.0.1:${port}`];
    plants.push({ what: `${what}: its port`, kind: 'server', keys: all, confidenceMin, by: 'listener' });
  };
  await Promise.all([startPackages(party, put), startScripts(party, machine, put), startOthers(party, folder, machine, put), startLookAlikes(party)]);
  const look = { machine, now: Date.now(), unwrap, gates: [join(folder, 'sallyport/main.js')], userName: () => 'planted', advisoriesFor: () => [] };
  const looked = async function* looked(): Looked {
    yield* observeProcesses(party.table(), look);
  };
  return { plants, lookAlikes: LOOK_ALIKES, looks: [looked], stop: () => party.stop() };
}
