import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { chownSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { GATE_ROLES } from '../domain/role.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';
import { checkBoundaries } from './boundaries.ts';
import type { Check } from './doctor.ts';

// Real processes on a shared machine: nothing here is a statement about time.
setDefaultTimeout(120_000);

const PROGRAM = [process.execPath, join(import.meta.dir, 'main.ts')];
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

interface Looked {
  readonly checks: ReadonlyMap<string, Check>;
  /** Role → its process, as `up` told it. */
  readonly pids: ReadonlyMap<string, number>;
  readonly code: number;
}

/** Starts a gate as a user, lets that user's doctor look at it. */
async function look(as: readonly string[], ...options: readonly string[]): Promise<Looked> {
  const home = mkdtempSync('/tmp/sp-dr-');
  undo.push(() => (as.length === 0 ? removeHome(home) : rmSync(home, { recursive: true, force: true })));
  if (as.length > 0) chownSync(home, 65_534, 65_534);
  const env = { ...process.env, HOME: home };
  const command = [...as, ...PROGRAM, 'up', '--json', '--home', home, '--listen', '127.0.0.1:0', '--control-listen', '127.0.0.1:0', ...options];
  const gate = Bun.spawn(command, { cwd: home, env, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  undo.push(async () => {
    gate.kill('SIGTERM');
    await gate.exited;
  });
  const pids = new Map<string, number>();
  let text = '';
  for await (const chunk of gate.stderr) {
    text += new TextDecoder().decode(chunk);
    if (text.includes('The gate is up')) break;
  }
  for (const line of text.split('\n').filter((one) => one.includes('"event":"ready"'))) {
    const { role, pid }: { readonly role: string; readonly pid: number } = JSON.parse(line);
    pids.set(role, pid);
  }
  const doctor = Bun.spawn([...as, ...PROGRAM, 'doctor', '--json', '--home', home], { cwd: home, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const said: { readonly checks: readonly Check[] } = JSON.parse(await doctor.stdout.text());
  return { checks: new Map(said.checks.map((check) => [check.what, check])), pids, code: await doctor.exited };
}

const fieldOf = (pid: number, name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
const isOwn = (pid: number, namespace: string): boolean => readlinkSync(`/proc/${pid}/ns/${namespace}`) !== readlinkSync(`/proc/self/ns/${namespace}`);

/** What doctor says of a jailed role is what the kernel says, looked up by another hand. */
function expectJailed({ checks, pids }: Looked): void {
  for (const role of GATE_ROLES) {
    const [pid, { state, found = '' } = {}] = [pids.get(role) ?? 0, checks.get(`boundary: ${role}`)];
    expect(state).toBe('good');
    expect(found).toContain(`pid ${pid}: jailed; own namespaces: user mnt pid ipc uts cgroup`);
    for (const namespace of ['user', 'mnt', 'pid', 'ipc', 'uts', 'cgroup']) expect(isOwn(pid, namespace)).toBe(true);
    expect([fieldOf(pid, 'NoNewPrivs'), fieldOf(pid, 'Seccomp')]).toEqual(['1', '2']);
    expect(fieldOf(pid, 'CapEff')).toBe(role === 'runner' ? '0000000080000000' : '0000000000000000');
    expect(isOwn(pid, 'net')).toBe(role === 'runner' || role === 'ledger');
    expect(found).toContain(isOwn(pid, 'net') ? '; no network;' : "; the machine's network;");
    for (const other of GATE_ROLES.filter((one) => one !== role)) expect(found).not.toMatch(new RegExp(`writes .*/sp-dr-\\w+/${other}(?: |;|$)`));
  }
}

test('doctor says of each jailed role what the kernel says of it', async () => {
  const looked = await look([]);
  expectJailed(looked);
  expect(looked.checks.get('jails')?.state).toBe('good');
});

test('doctor says loudly that a role has no jail, and fails where the machine has them', async () => {
  const { checks, pids, code } = await look([], '--unjailed');
  expect(code).toBe(1);
  for (const role of GATE_ROLES) {
    const pid = pids.get(role) ?? 0;
    expect(isOwn(pid, 'mnt')).toBe(false);
    const { state, found = '' } = checks.get(`boundary: ${role}`) ?? {};
    expect(state).toBe('bad');
    expect(found).toContain(`pid ${pid}: NOT JAILED`);
    expect(found).toContain('writes whatever its user may');
  }
});

/** Root's tests are run as nobody, too, where nobody can read this checkout; anyone else's are unprivileged as they are. */
const canBeNobody = process.getuid?.() === 0 && Bun.spawnSync([...NOBODY, ...PROGRAM, '--version']).exitCode === 0;

test.skipIf(!canBeNobody)('without privileges the same is true', async () => {
  expectJailed(await look(NOBODY));
});

test('a role that found its home by its environment, or by a relative path, is seen too', async () => {
  const home = mkdtempSync('/tmp/sp-dr-');
  undo.push(() => rmSync(home, { recursive: true, force: true }));
  for (const [cwd, environment, options] of [['/', { SALLYPORT_HOME: home }, []], ['/tmp', {}, ['--home', basename(home)]]] as const) {
    const env = { ...process.env, HOME: home, ...environment };
    const ledger = Bun.spawn([...PROGRAM, 'role', 'ledger', ...options], { cwd, env, stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
    undo.push(async () => {
      ledger.kill('SIGTERM');
      await ledger.exited;
    });
    await ledger.stdout.getReader().read();
    const found = (await checkBoundaries(home)).find(({ what }) => what === 'boundary: ledger');
    expect(found?.found).toContain(`pid ${ledger.pid}: NOT JAILED`);
    ledger.kill('SIGTERM');
    await ledger.exited;
  }
});
