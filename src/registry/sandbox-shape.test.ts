import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { codeThrown } from '../../test/fixtures/code-of.ts';
import { checkLaunch } from './launch.ts';
import { parseManifest } from './manifest.ts';
import { formatSandbox, readSandbox, SANDBOX_SHAPE } from './sandbox-shape.ts';
import { defaultSandbox, sandboxOf } from './sandbox.ts';

const ofServer = (sandbox: string): string =>
  codeThrown(() => parseManifest(`apiVersion: sallyport/v1\nservers:\n  a: { command: [server], owner: o, sandbox: ${sandbox} }\n`, 'f'));

test('a sandbox is written back and read again to the same, and nothing declared is nothing given', () => {
  const sizes = fc.integer({ min: 32 * 1024 ** 2, max: 8 * 1024 ** 3 });
  const spans = fc.integer({ min: 1, max: 30 * 86_400_000 });
  fc.assert(fc.property(sizes, sizes, spans, spans, (memoryBytesMax, tmpBytesMax, wallMs, idleMs) => {
    const spec = { ...defaultSandbox(), reads: ['/srv/a'], network: ['*.a.example:443'], memoryBytesMax, tmpBytesMax, wallMs, idleMs };
    expect(readSandbox(SANDBOX_SHAPE.parse(formatSandbox(spec)))).toEqual(spec);
  }));
  expect(formatSandbox(readSandbox({}))).toEqual({});
  const read = readSandbox({ memory: '512MiB', wall: '2h' });
  expect(read).toMatchObject({ memoryBytesMax: 512 * 1024 ** 2, wallMs: 7_200_000, reads: [], writes: [], network: [] });
});

describe('a sandbox holds no way out', () => {
  test.each([
    '{ reads: [/] }', '{ reads: [/etc/passwd] }',
    '{ reads: [/proc] }', '{ reads: [/sys/fs/cgroup] }', '{ reads: [/run/docker.sock] }', '{ reads: [/var/run/docker.sock] }',
    '{ reads: [/dev] }',
    '{ reads: [/a/../etc] }', '{ reads: [a] }', '{ reads: [/a/] }', '{ reads: [/a//b] }', '{ writes: [/etc/x] }', '{ writes: [/usr] }', '{ writes: [/home] }',
    '{ writes: [/] }', '{ network: [example.com] }', '{ network: ["*:443"] }', '{ network: ["a.example:99999"] }', '{ network: ["https://a.example:443"] }',
    '{ memory: 1MiB }', '{ memory: 100GiB }', '{ memory: lots }', '{ processes: 0 }', '{ files: 1 }', '{ tmp: 9GiB }', '{ wall: 31d }', '{ cpu: 0 }',
    '{ secretFiles: { TOKEN: hunter2 } }', '{ secretFiles: { "A=B": "vault:a" } }', '{ unjailed: accepted }', '{ capabilities: [CAP_SYS_ADMIN] }',
  ])('%s', (sandbox) => {
    expect(ofServer(sandbox)).toBe('ERR_CONFIG_INVALID');
  });

  test('nor does a command bring one in', () => {
    expect(codeThrown(() => checkLaunch({ command: ['node', '/proc/self/root/etc/x.js'] }))).toBe('ERR_LAUNCH_FORBIDDEN');
    expect(codeThrown(() => checkLaunch({ command: ['server'], cwd: '/run' }))).toBe('ERR_LAUNCH_FORBIDDEN');
    expect(ofServer('{ reads: [/srv/a], writes: [/srv/b], network: ["a.example:443"], memory: 64MiB, secretFiles: { TOKEN: "vault:a" } }')).toBe('accepted');
  });
});

test.each([
  [['node', '/srv/app/node_modules/@scope/server/dist/index.js', '/data'], ['/srv/app/node_modules']],
  [['node', '--max-old-space-size=64', '/opt/acme/server/dist/index.js'], ['/opt/acme/server']],
  [['bun', 'run', '/opt/acme/server/src/main.ts'], ['/opt/acme/server']],
  [['/opt/acme/bin/server', '/data'], ['/opt/acme']],
  [['python3', '/home/ann/server.py'], ['/home/ann/server.py']],
  [['node', '/root/x.js'], ['/root/x.js']],
  [['/usr/bin/server', '--root', '/data'], []],
  [['npx', '-y', 'server@1.2.3', '/data'], []],
  [['/usr/local/bin/server'], []],
])('what %p brings along by itself is %p', (argv, reads) => {
  const [command = '', ...args] = argv;
  expect(sandboxOf({ command, args }).reads).toEqual(reads);
  const twice = sandboxOf({ command, args }, sandboxOf({ command, args }));
  expect(twice.reads).toEqual(reads);
});

test('what may be written is not read-only besides', () => {
  const declared = { ...defaultSandbox(), reads: ['/srv'], writes: ['/var/lib/memory'] };
  expect(sandboxOf({ command: 'server', args: [], cwd: '/var/lib/memory/deep' }, declared).reads).toEqual(['/srv']);
});
