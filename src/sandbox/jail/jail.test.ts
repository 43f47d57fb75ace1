import { expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jailCommand, type Jail, type Machine } from './jail.ts';
import { probeJails } from './probe.ts';
import { seccompFilter } from './seccomp.ts';
import { pidInJail, startJailed } from './start.ts';
import { systemMounts } from './system.ts';

const ROOMY = { dataBytesMax: 2 * 1024 ** 3, filesMax: 256 };
const JAIL: Jail = {
  mounts: [...systemMounts('programs'), { kind: 'tmp', at: '/tmp', bytes: 1024 * 1024 }], network: 'none', spawning: 'processes', limits: ROOMY, cwd: '/',
};

async function machine(): Promise<Machine> {
  const support = await probeJails();
  if (support.kind !== 'jails') throw new Error(support.why);
  return support.machine;
}

/** Runs a shell command in a jail; what it printed on both outputs, and how it ended. */
async function inJail(jail: Jail, script: string, ...shell: readonly string[]): Promise<{ readonly said: string; readonly code: number }> {
  return startedBy([], jail, script, ...shell);
}

/** The same, with `who` before its command. */
async function startedBy(who: readonly string[], jail: Jail, script: string, ...shell: readonly string[]): Promise<{ said: string; code: number }> {
  const command = jailCommand(jail, shell.length === 0 ? ['/bin/sh', '-c', `exec 2>&1; ${script}`] : [...shell, script], await machine());
  const { child, told } = startJailed(command, (argv, descriptors) => Bun.spawn([...who, ...argv], { stdio: ['ignore', 'pipe', 'pipe', ...descriptors] }));
  await pidInJail(told, () => child.exitCode !== null);
  const said = await new Response(child.stdout).text() + await new Response(child.stderr).text();
  return { said, code: await child.exited };
}

test('a process in a jail has no capability, a filter, no way to new privileges, and no descriptor but its three', async () => {
  for (const spawning of ['processes', 'jails'] as const) {
    const { said } = await inJail({ ...JAIL, spawning }, 'cat /proc/self/status; ls /proc/self/fd; ulimit -c');
    expect(said).toContain('NoNewPrivs:\t1\nSeccomp:\t2\n');
    // CAP_SETFCAP over its own namespace is what a jail in it takes.
    const capabilities = spawning === 'jails' ? '0000000080000000' : '0000000000000000';
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(said).toContain(`${set}:\t${capabilities}\n`);
    // The fourth is the folder that `ls` reads.
    expect(said).toEndWith('\n0\n1\n2\n3\n0\n');
  }
});

test('nothing of the machine is there but what is mounted, and of that only what is meant can be written', async () => {
  const folder = mkdtempSync('/tmp/sp-jail-');
  writeFileSync(join(folder, 'kept'), 'kept');
  try {
    const mounts = [...JAIL.mounts, { kind: 'read', from: folder, at: '/seen' } as const, { kind: 'text', at: '/run/secret', text: 'told' } as const];
    const { said } = await inJail({ ...JAIL, mounts }, `cat /seen/kept /run/secret; ls ${folder} /root /home /sys /var;
      for place in / /dev /usr /seen /run /proc/sys/kernel /tmp /dev/shm; do touch $place/made && echo "wrote $place"; done; echo x > /run/secret`);
    expect(said).toStartWith('kepttold');
    expect(said.match(/No such file or directory/g)?.length).toBe(6);
    expect(said.match(/^wrote .*/gm)).toEqual(['wrote /tmp', 'wrote /dev/shm']);
    expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('kept');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the settings of the kernel are closed to root too, also where jails are made and in those', async () => {
  const places = '/proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sysrq-trigger /proc/1/mem';
  const tried = `for f in ${places}; do test -w $f && echo open; done; echo tried`;
  const inner = `bwrap --unshare-all --unshare-user --ro-bind / / --proc /proc --remount-ro /proc -- /bin/sh -c '${tried}'`;
  for (const [spawning, script] of [['processes', tried], ['jails', tried], ['jails', inner]] as const) {
    expect(await inJail({ ...JAIL, spawning }, script)).toEqual({ said: 'tried\n', code: 0 });
  }
});

test('no new namespace, mount, debugger or foreign socket; where jails are made, only what makes them', async () => {
  const tries = 'unshare -U true; mount -t tmpfs none /tmp; setpriv --nnp true && echo usual';
  const strict = await inJail(JAIL, tries);
  expect(strict.said).toContain('unshare failed: Operation not permitted');
  expect(strict.said).toMatch(/mount: .*permi/);
  expect(strict.said).toContain('usual');
  expect((await inJail({ ...JAIL, spawning: 'jails' }, 'unshare -U true && echo made')).said).toBe('made\n');
});

test('a jail that nests holds jails as strict as any, made by the same function', async () => {
  const project = join(import.meta.dir, '..', '..', '..');
  const probe = `import { probeJails } from ${JSON.stringify(join(import.meta.dir, 'probe.ts'))}; console.log(JSON.stringify(await probeJails()))`;
  const mounts = [...JAIL.mounts, ...[process.execPath, join(project, 'src'), join(project, 'node_modules')].map((path) => (
    { kind: 'read', from: path, at: path } as const
  ))];
  const { said } = await inJail({ ...JAIL, mounts, spawning: 'jails' }, probe, process.execPath, '-e');
  expect(JSON.parse(said)).toMatchObject({ kind: 'jails', machine: { countsNamespaces: false } });
});

test('a jail that nests is made with the tools of the system, whatever PATH is', async () => {
  const { said, code } = await inJail({ ...JAIL, spawning: 'jails', environment: { PATH: '/nowhere' } }, 'echo made');
  expect({ said, code }).toEqual({ said: 'made\n', code: 0 });
});

test('a jail without a network has a loopback of its own, which nobody outside listens on', async () => {
  expect((await inJail(JAIL, 'cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d " "')).said).toBe('lo\n');
});

test('the right to low ports is there, whoever makes the jail: root, or any user', async () => {
  const script = `const socket = require('node:dgram').createSocket('udp4').on('error', (fault) => { console.log(fault.message); process.exit(); });
    socket.bind(53, '127.0.0.1', () => { console.log('bound'); process.exit(); });`;
  const mounts = [...JAIL.mounts, { kind: 'read', from: process.execPath, at: process.execPath } as const];
  const others = process.getuid?.() === 0 ? [['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']] : [];
  for (const who of [[], ...others]) {
    expect((await startedBy(who, { ...JAIL, mounts, lowPorts: true }, script, process.execPath, '-e')).said).toBe('bound\n');
    expect((await startedBy(who, { ...JAIL, mounts }, 'id -u', '/bin/sh', '-c')).code).toBe(0);
  }
});

test('where nothing is to be started, nothing is', async () => {
  expect(await inJail({ ...JAIL, spawning: 'none' }, 'true | true')).toEqual({ said: '/bin/sh: 1: Cannot fork\n', code: 2 });
});

test('memory, files and what is written are limited', async () => {
  expect((await inJail(JAIL, 'head -c 2M /dev/zero > /tmp/f')).said).toContain('No space left');
  expect((await inJail(JAIL, 'ulimit -d; ulimit -n; ulimit -Hn')).said).toBe(`${ROOMY.dataBytesMax / 1024}\n256\n256\n`);
  expect((await inJail({ ...JAIL, limits: { ...ROOMY, fileBytesMax: 1024 } }, 'head -c 2000 /dev/zero > /tmp/f; stat -c %s /tmp/f')).said).toContain('1024');
});

test('no file is given the right to be run as its owner, however it is asked for: outside anybody may run what was left there', async () => {
  const script = `const { chmodSync, fchmodSync, openSync, statSync, writeFileSync } = require('node:fs');
    const tried = (act) => { try { act(); return 'done'; } catch (fault) { return fault.code; } };
    writeFileSync('/tmp/a', '', { mode: 0o755 });
    chmodSync('/tmp/a', 0o711);
    const { chmod, creat, mknod } = Bun.FFI.dlopen('libc.so.6', Object.fromEntries(['chmod', 'creat', 'mknod'].map((name) =>
      [name, { args: ['cstring', 'u32', 'u64'], returns: 'i32' }]))).symbols;
    const name = (path) => Buffer.from(path + '\\0');
    console.log(JSON.stringify([
      tried(() => chmodSync('/tmp/a', 0o4755)), tried(() => fchmodSync(openSync('/tmp/a', 'r+'), 0o2755)), tried(() => openSync('/tmp/b', 'wx', 0o6755)),
      ...[chmod, creat, mknod].map((call, at) => call(name(at === 0 ? '/tmp/a' : '/tmp/c' + at), (at === 2 ? 0o100000 : 0) + 0o4711, 0)),
      statSync('/tmp/a').mode.toString(8),
    ]));`;
  const mounts = [...JAIL.mounts, { kind: 'read', from: process.execPath, at: process.execPath } as const];
  const { said } = await inJail({ ...JAIL, mounts, limits: { ...ROOMY, dataBytesMax: 8 * 1024 ** 3 } }, script, process.execPath, '-e');
  expect(said).toBe(`${JSON.stringify(['EPERM', 'EPERM', 'EPERM', -1, -1, -1, '100711'])}\n`);
});

test('who started a jail ends it by ending', async () => {
  const command = jailCommand(JAIL, ['/usr/bin/sleep', '60'], await machine());
  const { child, told } = startJailed(command, (argv, descriptors) => Bun.spawn([...argv], { stdio: ['ignore', 'ignore', 'ignore', ...descriptors] }));
  const pid = await pidInJail(told, () => child.exitCode !== null);
  while (readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'sleep\n') await Bun.sleep(1);
  child.kill('SIGKILL');
  await child.exited;
  while (isAlive(pid ?? 0)) await Bun.sleep(5);
});

test('the filter is whole instructions for both architectures, each jump within it', () => {
  for (const architecture of ['x64', 'arm64'] as const) {
    for (const spawning of ['none', 'processes', 'jails'] as const) {
      const filter = seccompFilter(architecture, spawning, { memory: 'seen', unixSockets: 'pairs' });
      const view = new DataView(filter.buffer);
      const count = filter.byteLength / 8;
      expect(count).toBeLessThan(4096);
      for (let at = 0; at < count - 1; at += 1) expect(at + 1 + Math.max(view.getUint8(at * 8 + 2), view.getUint8(at * 8 + 3))).toBeLessThan(count);
      expect(view.getUint32((count - 1) * 8 + 4, true)).toBe(0x7fff0000);
    }
  }
});

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
