import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { FINAL_EXIT_CODE } from './supervised.ts';
import { superviseRoles, type UpEvent } from './up.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';

// Real processes on a shared machine: nothing here is a statement about time.
setDefaultTimeout(60_000);

const PROGRAM = join(import.meta.dir, '..', '..', 'bin', 'sallyport');
const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

function newHome(): string {
  const home = mkdtempSync('/tmp/sp-up-');
  undo.push(() => removeHome(home));
  return home;
}

/** `sallyport up` as a person runs it. */
interface Up {
  readonly pid: number;
  /** Role → its process, as last told. */
  readonly pids: ReadonlyMap<string, number>;
  readonly events: readonly string[];
  err(): string;
  /** Resolves when the text was written to stderr; throws when the command ended before. */
  says(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<number>;
}

function up(home: string, ...args: readonly string[]): Up {
  const command = [PROGRAM, 'up', '--json', '--home', home, '--listen', '127.0.0.1:0', '--control-listen', '127.0.0.1:0', ...args];
  const child = Bun.spawn(command, { cwd: home, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  undo.push(async () => {
    child.kill('SIGTERM');
    await child.exited;
  });
  let text = '';
  let isOver = false;
  const events: string[] = [];
  const pids = new Map<string, number>();
  const waiting = new Set<() => void>();
  const note = (line: string): void => {
    if (!line.startsWith('{"role"')) return;
    const { role, event, pid }: { readonly role: string; readonly event: string; readonly pid?: number } = JSON.parse(line);
    events.push(`${role} ${event}`);
    if (pid !== undefined) pids.set(role, pid);
  };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      const seen = text.lastIndexOf('\n') + 1;
      text += decoder.decode(chunk, { stream: true });
      for (const line of text.slice(seen, text.lastIndexOf('\n') + 1).split('\n')) note(line);
      for (const wake of waiting) wake();
    }
    isOver = true;
    for (const wake of waiting) wake();
  })();
  return {
    pid: child.pid, pids, events,
    err: () => text,
    async says(wanted) {
      while (!text.includes(wanted)) {
        if (isOver) throw new Error(`it ended: ${text}`);
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
    },
    kill: (signal) => child.kill(signal),
    exited: child.exited,
  };
}

/** A zombie is dead: who adopts orphans here may not care to reap them. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function untilGone(pids: Iterable<number>): Promise<void> {
  for (const pid of pids) while (isAlive(pid)) await Bun.sleep(20);
}

test('a second one on the same home says so at once and leaves the first alone', async () => {
  const home = newHome();
  const first = up(home);
  await first.says('The gate is up');
  const second = up(home);
  expect(await second.exited).toBe(1);
  expect(second.err()).toContain('ERR_ALREADY_RUNNING');
  expect(second.err()).toContain('Stop the running Sallyport first');
  await untilGone(second.pids.values());
  for (const pid of first.pids.values()) expect(isAlive(pid)).toBe(true);
  expect(first.events.filter((event) => event.endsWith('exited'))).toEqual([]);
});

test('a port that is taken, an address that is forbidden, a home that cannot be: each is said with a remedy, and nothing stays behind', async () => {
  const other = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  undo.push(() => other.stop(true));
  const gate = up(newHome());
  await gate.says('The gate is up');
  const taken = /localhost:(\d+)/.exec(gate.err())?.[1] ?? '';
  const home = newHome();
  writeFileSync(join(home, 'a-file'), '');
  for (const [args, code, remedy] of [
    [['--listen', `127.0.0.1:${other.port}`], 'ERR_LISTEN', '--listen HOST:PORT'],
    // Another gate is no exception: two that share a port would share their calls.
    [['--listen', `127.0.0.1:${taken}`], 'ERR_LISTEN', '--listen HOST:PORT'],
    [['--listen', '0.0.0.0:0', '--insecure-loopback'], 'ERR_CONFIG_INVALID', 'Listen on 127.0.0.1'],
    [['--listen', 'gate.example:0'], 'ERR_LINK_FORBIDDEN', 'gateway.listen'],
    [['--home', join(home, 'a-file', 'home')], 'ERR_FILE_UNREADABLE', '--home'],
    [['-f', join(home, 'absent.yaml')], 'ERR_FILE_UNREADABLE', '-f'],
  ] as const) {
    const failed = up(home, ...args);
    expect(await failed.exited).toBe(1);
    expect(failed.err()).toContain(code);
    expect(failed.err()).toContain(remedy);
    expect(failed.events.filter((event) => event === 'gateway restarting')).toEqual([]);
    await untilGone(failed.pids.values());
  }
});

test('a bad manifest names its place and the remedy; what was in force stays, and nothing is open', async () => {
  const home = newHome();
  writeFileSync(join(home, 'sallyport.yaml'), 'apiVersion: sallyport/v1\nservers:\n  crm:\n    urll: https://x.example/mcp\n');
  const gate = up(home);
  await gate.says('The gate is up');
  expect(gate.err()).toContain('sallyport.yaml:4:5');
  expect(gate.err()).toContain('correct that place');
  expect(gate.err()).toMatch(/stays in force|everything is denied/);
});

test('no setting of what a jail shows keeps its role from starting', async () => {
  const home = newHome();
  const file = join(home, 'a-file');
  writeFileSync(file, '');
  mkdirSync(join(home, 'control', 'needs'), { recursive: true, mode: 0o700 });
  const needs = { ledger: { network: false, writes: [join(file, 'below')] }, runner: { reads: ['/etc/passwd'], writes: [] },
    control: { reads: [join(file, 'below')], programs: false, keyring: false } };
  writeFileSync(join(home, 'control', 'needs', 'needs.json'), JSON.stringify(needs), { mode: 0o600 });
  const gate = up(home);
  await gate.says('The gate is up');
  expect(gate.err()).toContain('"refused":["');
});

test('a role whose process cannot be made is told of, and takes no other along unsaid', async () => {
  const home = newHome();
  const events: UpEvent[] = [];
  // No file: what control is to be shown of it can't be read.
  const roleArguments = { control: ['--manifest', home], gateway: ['--listen', '127.0.0.1:0'] };
  const started = superviseRoles({ home, env: process.env, roleArguments, onEvent: (event) => events.push(event) });
  expect(await started.then(() => '', (fault: unknown) => (fault instanceof SallyportError ? fault.code : String(fault)))).toBe('ERR_NOT_RUNNING');
  expect(events.filter(({ role, event }) => role === 'control' && event === 'exited').length).toBe(3);
  await untilGone(events.flatMap(({ pid }) => pid ?? []));
});

test('the certificate holds for the public name and for where the gate listens', async () => {
  const home = newHome();
  writeFileSync(join(home, 'sallyport.yaml'), 'apiVersion: sallyport/v1\ngateway: { listen: "127.0.0.1:0", publicUrl: "https://gate.example:7443" }\n');
  const gate = up(home);
  await gate.says('The gate is up');
  const port = /The gate is up at https:..localhost:(\d+)/.exec(gate.err())?.[1] ?? '';
  const ca = readFileSync(join(home, 'ca', 'ca.pem'), 'utf8');
  const ask = (serverName: string): Promise<number> =>
    fetch(`https://127.0.0.1:${port}/healthz`, { tls: { ca, serverName }, headers: { host: serverName } }).then((answer) => answer.status);
  for (const name of ['gate.example', 'localhost', '127.0.0.1']) expect(await ask(name)).toBe(200);
  expect(ask('other.example')).rejects.toThrow();
});

test('Ctrl-C reaches the supervisor only, and the roles end in order', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const gate = up(newHome());
    await gate.says('The gate is up');
    // A terminal signals the whole group; the roles are in groups of their own.
    for (const pid of gate.pids.values()) expect(groupOf(pid)).not.toBe(groupOf(gate.pid));
    gate.kill(signal);
    expect(await gate.exited).toBe(0);
    const ends = gate.events.filter((event) => /exited|stopped|restarting/.test(event));
    expect(ends).toEqual(['gateway stopped', 'runner stopped', 'egress stopped', 'control stopped', 'ledger stopped']);
    await untilGone(gate.pids.values());
  }
});

test('a reader of the messages who leaves does not take the gate along', async () => {
  const home = newHome();
  const child = Bun.spawn([PROGRAM, 'up', '--home', home, '--listen', '127.0.0.1:0'], { cwd: home, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  let said = '';
  for await (const chunk of child.stderr) {
    said += new TextDecoder().decode(chunk);
    if (said.includes('The gate is up')) break;
  }
  child.kill('SIGINT');
  // It has told five ends to nobody.
  expect(await child.exited).toBe(0);
});

test('an interrupt during the start ends what has started', async () => {
  const gate = up(newHome());
  await gate.says('"started"');
  gate.kill('SIGINT');
  expect(await gate.exited).toBe(1);
  await untilGone(gate.pids.values());
});

test('a supervisor that is killed takes its roles along; the next start finds the same gate', async () => {
  const home = newHome();
  const gate = up(home);
  await gate.says('The gate is up');
  gate.kill('SIGKILL');
  await untilGone(gate.pids.values());
  const next = up(home);
  await next.says('The gate is up');
});

test('a role that dies is started again, and another that dies does not take it along', async () => {
  const gate = up(newHome());
  await gate.says('The gate is up');
  for (const role of ['gateway', 'control', 'ledger', 'runner', 'egress']) {
    const pid = gate.pids.get(role) ?? 0;
    const before = gate.events.filter((event) => event === `${role} ready`).length;
    process.kill(pid, 'SIGKILL');
    while (gate.events.filter((event) => event === `${role} ready`).length === before) await Bun.sleep(20);
    expect(gate.pids.get(role)).not.toBe(pid);
  }
  expect(gate.events.filter((event) => event.endsWith('exited')).length).toBe(5);
});

test('a role that is told to begin by nobody ends by itself, and one that cannot run tells why by its exit code', async () => {
  const home = newHome();
  const orphan = Bun.spawn([PROGRAM, 'role', 'ledger', '--supervised', '--home', home], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
  expect(await orphan.exited).toBe(0);
  const command = [PROGRAM, 'role', 'gateway', '--supervised', '--home', home, '--listen', 'nonsense'];
  const hopeless = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'ignore' });
  void hopeless.stdin.write('go\n');
  void hopeless.stdin.flush();
  expect(await hopeless.exited).toBe(FINAL_EXIT_CODE);
  expect(JSON.parse(await hopeless.stdout.text())).toMatchObject({ error: { code: 'ERR_CONFIG_INVALID', remedy: expect.stringContaining('127.0.0.1') } });
});

/** The process group of a process. */
function groupOf(pid: number): string {
  return Bun.spawnSync(['ps', '-o', 'pgid=', '-p', String(pid)]).stdout.toString().trim();
}
