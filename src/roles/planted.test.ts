import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeThrown } from '../../test/fixtures/code-of.ts';
import { needsFile, readNeeds } from '../control/needs.ts';
import { GATE_ROLES } from '../domain/role.ts';
import { ensureRoleKey, readPeerKey } from '../link/keys.ts';
import { ensureCallersFolder, ensureHome, placeOf } from '../link/place.ts';
import { probeJails } from '../sandbox/jail/probe.ts';
import { waysOf } from './runner-ways.ts';
import { readSaid } from './supervised.ts';
import { startRole } from './up-process.ts';

/*
 * What a role that was broken into leaves where the supervisor, the other roles or their jails find it.
 */

// Real processes on a shared machine: nothing here is a statement about time.
setDefaultTimeout(60_000);

const folder = mkdtempSync('/tmp/sp-pl-');
afterAll(() => rmSync(folder, { recursive: true }));

function newHome(): string {
  const home = mkdtempSync(join(folder, 'h-'));
  ensureHome(home);
  ensureCallersFolder(waysOf(home));
  return home;
}

function pipeAt(file: string): void {
  expect(Bun.spawnSync(['mkfifo', file]).exitCode).toBe(0);
}

/** Evaluates in a process of its own: what is looked for is one that never ends. */
function inProcess(code: string): string {
  const cwd = join(import.meta.dir, '..', '..');
  const { stdout } = Bun.spawnSync([process.execPath, '-e', code], { cwd, timeout: 10_000, killSignal: 'SIGKILL' });
  return stdout.toString();
}

test('a pipe, a device or a link in the place of a published key is no key, and stops nobody', () => {
  const code = `
    import { readPeerKey } from './src/link/keys.ts';
    try { readPeerKey(process.argv[1] ?? '', 'runner'); } catch (fault) { console.log(fault.code); }`;
  for (const plant of [pipeAt, (file: string) => symlinkSync('/dev/zero', file)]) {
    const home = newHome();
    plant(join(home, 'keys', 'runner', 'key.pub'));
    expect(inProcess(code.replaceAll("process.argv[1] ?? ''", JSON.stringify(home)))).toBe('ERR_LINK_AUTH\n');
  }
  const home = newHome();
  ensureRoleKey(home, 'control');
  symlinkSync(join(home, 'keys', 'control', 'key.pub'), join(home, 'keys', 'runner', 'key.pub'));
  expect(() => readPeerKey(home, 'runner')).toThrow();
  expect(readPeerKey(home, 'control').asymmetricKeyType).toBe('ed25519');
});

test('a pipe where control says what jails need, or more than that ever is, grants nothing and does not stop the supervisor', () => {
  const home = newHome();
  const file = needsFile(home);
  mkdirSync(dirname(file), { recursive: true });
  pipeAt(file);
  const code = `import { readNeeds } from './src/control/needs.ts'; console.log(readNeeds(${JSON.stringify(home)}).ledger.network);`;
  expect(inProcess(code)).toBe('false\n');
  rmSync(file);
  const others = { runner: { reads: [], writes: [] }, control: { reads: [], programs: false, keyring: false } };
  const asked = JSON.stringify({ ledger: { network: true, writes: [] }, ...others });
  writeFileSync(file, asked);
  expect(readNeeds(home).ledger.network).toBe(true);
  writeFileSync(file, `${asked}${' '.repeat(4 * 1024 * 1024)}`);
  expect(readNeeds(home).ledger.network).toBe(false);
  writeFileSync(file, asked);
  truncateSync(file, 8 * 1024 ** 4);
  expect(readNeeds(home).ledger.network).toBe(false);
});

test('a link in a listener\'s place is not followed at the next start', () => {
  const home = newHome();
  const victim = mkdtempSync(join(folder, 'v-'));
  chmodSync(victim, 0o755);
  for (const planted of [join(placeOf(home, 'ledger'), 'gateway'), waysOf(home)]) {
    rmSync(planted, { recursive: true });
    symlinkSync(victim, planted);
    expect(codeThrown(() => (planted === waysOf(home) ? ensureCallersFolder(planted) : ensureHome(home)))).toBe('ERR_FILE_UNSAFE');
    expect(statSync(victim).mode & 0o777).toBe(0o755);
    rmSync(planted);
  }
});

test('in its jail a listener can put no link where another jail shows its place', async () => {
  const support = await probeJails();
  if (support.kind === 'none') return;
  const home = newHome();
  const code = `
    import { readdirSync, renameSync, rmdirSync, symlinkSync } from 'node:fs';
    const [place] = process.argv.slice(1);
    const done = [];
    for (const name of readdirSync(place)) {
      for (const act of [() => renameSync(place + '/' + name, place + '/' + name + '-gone'), () => rmdirSync(place + '/' + name)]) {
        try { act(); symlinkSync('/', place + '/' + name); done.push(name); } catch {}
      }
    }
    console.log(JSON.stringify({ names: readdirSync(place).length, done }));`;
  for (const role of GATE_ROLES) {
    const { child } = await startRole(role, [process.execPath, '-e', code, placeOf(home, role)], { home, env: process.env, roleArguments: {} }, support);
    void child.stdin.end();
    const { names, done }: { readonly names: number; readonly done: readonly string[] } = JSON.parse(await new Response(child.stdout).text());
    expect([role, done]).toEqual([role, []]);
    expect(names).toBeGreaterThan(0);
  }
});

test('what a role says is one line that it is ready, of a bounded length, and why it ends', async () => {
  const long = ['{"url":"', ...Array.from({ length: 32 }, () => 'x'.repeat(32 * 1024)), '"}\n'];
  const chunks = [...long, '{"url":"a"}\n{"url":"b"}\n', '{"error":{"code":"ERR_LISTEN","message":"taken"}}\n'];
  const readied: unknown[] = [];
  const stdout = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  const fault = await readSaid(stdout, (detail) => readied.push(detail));
  expect(readied).toEqual([{ url: 'a' }]);
  expect(fault?.code).toBe('ERR_LISTEN');
});
