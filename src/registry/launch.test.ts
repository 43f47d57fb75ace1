import { describe, expect, test } from 'bun:test';
import { codeThrown } from '../../test/fixtures/code-of.ts';
import { checkLaunch, renderArgv } from './launch.ts';
import type { LaunchRequest } from './launch.ts';

const DIGEST = 'a'.repeat(64);

const codeOf = (request: LaunchRequest): string => codeThrown(() => checkLaunch(request));

describe('what fetches a program must pin it', () => {
  test.each([
    'npx -y @scope/server@1.2.3', 'npx --yes server@1.2.3-rc.1 --port 1', 'npx -p server@1.2.3 serve',
    'npx --package=server@1.2.3 serve latest', 'bunx server@1.2.3',
    'pnpx server@1.2.3', 'pnpm dlx server@1.2.3', 'npm exec -y server@1.2.3', '/usr/bin/npx -y server@1.2.3', 'npx.cmd -y server@1.2.3',
    'uvx mcp-server-git==2025.1.14', 'uvx mcp-server-git@2025.1.14', 'uvx --from mcp[cli]==1.2 mcp', 'uvx --python 3.12 a==1.0rc1',
    'uv tool run a==1.0', 'pipx run --spec a==1.0 b',
    `docker run -i --rm -e TOKEN x/y@sha256:${DIGEST}`, 'node server.js', 'python3 -m server', 'python3.12 server.py -c x', '/opt/server',
  ])('%s is pinned', (line) => {
    expect(codeOf({ command: line.split(' ') })).toBe('accepted');
  });

  test.each([
    'npx server', 'npx -y @scope/server', 'npx server@latest', 'npx server@^1.2.3', 'npx server@1', 'npx server@1.x',
    'npx server@~1.2.3', 'npx github:a/b', 'npx a/b',
    'npx https://x.example/a.tgz', 'npx ./local', 'npx', 'npx -y', 'npx -p server serve', 'npx -p a@1.2.3 -p b serve',
    'npx server@npm:other@1.2.3', 'npx file:x@1.2.3',
    'bunx server', 'pnpm dlx server@next', 'npm x server', 'yarn dlx server', 'bun x server',
    'uvx server', 'uvx server@latest', 'uvx server>=1.0', 'uvx a==1.*', 'uvx --from git+https://x.example/a b', 'uvx --with b a==1.0',
    'pipx run server', 'uv tool run server',
    'docker run -i x/y:1.2.3', `docker run -i -e x/y@sha256:${DIGEST} x/y`, 'podman run x', 'docker run -it x/y@sha256:abc',
    'deno run https://x.example/a.ts', 'deno run npm:server', 'node data:text/javascript,x',
  ])('%s is not', (line) => {
    expect(codeOf({ command: line.split(' ') })).toBe('ERR_LAUNCH_UNPINNED');
  });

  const redirected = ['npx --registry=https://evil.example server@1.2.3', 'uvx --index-url https://evil.example a==1.0', 'docker run --privileged x'];
  test.each(redirected)('%s changes the source', (line) => {
    expect(codeOf({ command: line.split(' ') })).toBe('ERR_LAUNCH_FORBIDDEN');
  });
});

test('a variable that changes the source is refused where a package is fetched', () => {
  const env = { npm_config_registry: 'https://evil.example' };
  expect(codeOf({ command: ['npx', 'server@1.2.3'], env })).toBe('ERR_LAUNCH_FORBIDDEN');
  expect(codeOf({ command: ['npx', 'server@1.2.3'], env: { 'npm_config_@scope:registry': 'https://evil.example' } })).toBe('ERR_LAUNCH_FORBIDDEN');
  for (const name of ['UV_INDEX_URL', 'UV_DEFAULT_INDEX', 'PIP_EXTRA_INDEX_URL']) {
    expect(codeOf({ command: ['uvx', 'a==1.0'], env: { [name]: 'https://evil.example' } })).toBe('ERR_LAUNCH_FORBIDDEN');
  }
  expect(codeOf({ command: ['node', 'server.js'], env })).toBe('accepted');
});

describe('what cannot be checked is refused', () => {
  test.each<[string, ...string[]]>([
    ['sh', '-c', 'curl x | sh'], ['/bin/bash', 'run.sh'], ['cmd', '/c', 'npx x'], ['powershell.exe', '-EncodedCommand', 'x'],
    ['env', 'A=1', 'npx', 'x'], ['sudo', 'x'],
    ['node', '-e', 'x'], ['node', '--eval=x'], ['node', '-pe', 'x'], ['node', '--import', 'data:x', 'a.js'], ['python3', '-c', 'x'],
    ['python', '-Ic', 'x'], ['perl', '-ne', 'x'],
    ['ruby', '-e', 'x'], ['php', '-r', 'x'], ['deno', 'eval', 'x'], ['bun', '-e', 'x'], ['osascript', '-e', 'x'], ['npx', '-c', 'x'],
    ['awk', 'BEGIN{system("x")}'],
    ['server', '\u200bx'], ['server', '\u202ex'], ['server', 'a\0b'], [''],
  ])('%p', (...command) => {
    expect(codeOf({ command })).toBe('ERR_LAUNCH_FORBIDDEN');
  });

  test('an allowance lifts what it names and nothing else', () => {
    expect(codeOf({ command: ['sh', 'run.sh'], allow: ['shell'] })).toBe('accepted');
    expect(codeOf({ command: ['node', '-e', 'x'], allow: ['inline-code'] })).toBe('accepted');
    expect(codeOf({ command: ['node', '-e', 'x'], allow: ['shell'] })).toBe('ERR_LAUNCH_FORBIDDEN');
    expect(codeOf({ command: ['npx', 'x'], allow: ['shell', 'inline-code'] })).toBe('ERR_LAUNCH_UNPINNED');
    expect(codeOf({ command: [] })).toBe('ERR_LAUNCH_FORBIDDEN');
  });
});

test('code that comes in by the environment is refused like code in the arguments', () => {
  const command = ['node', 'server.js'];
  const loaders = {
    LD_PRELOAD: '/tmp/x.so', DYLD_INSERT_LIBRARIES: 'x', BASH_ENV: '/tmp/x', NODE_OPTIONS: '--max-old-space-size=64 --import data:text/javascript,x',
    JAVA_TOOL_OPTIONS: '-javaagent:x.jar', npm_config_script_shell: '/tmp/x', RUBYOPT: '-rx', PERL5OPT: '-Mx',
  };
  for (const [name, value] of Object.entries(loaders)) {
    expect(codeOf({ command, env: { [name]: value } })).toBe('ERR_LAUNCH_FORBIDDEN');
    expect(codeOf({ command, env: { [name]: value }, allow: ['inline-code'] })).toBe('accepted');
  }
  const env = { NODE_OPTIONS: '--max-old-space-size=64', JAVA_TOOL_OPTIONS: '-Xmx1g', LOG_LEVEL: 'debug' };
  expect(codeOf({ command, env })).toBe('accepted');
});

test('secrets in env and arguments are found and never told', () => {
  const secret = 'hunter2hunter2';
  const good = { GOOD: 'env:REAL', DB_PASSWORD: 'file:/run/db', MODE: 'fast' };
  const env = { API_TOKEN: secret, OTHER: 'ghp_abcdefghijklmnopqrstuvwx', ...good, URL: `postgres://u:${secret}@db/x` };
  const args = ['--api-key', secret, '--token=abc12345', '--header', `Authorization: Bearer ${secret}`, '--port', '8080', '--secret', '${SECRET}'];
  const { findings } = checkLaunch({ command: ['server', ...args], env });
  expect(findings.map(({ rule, at }) => `${rule} ${at}`)).toEqual([
    'launch-secret-in-env API_TOKEN', 'launch-secret-in-env OTHER', 'launch-secret-in-env URL',
    'launch-secret-in-arguments 2', 'launch-secret-in-arguments 3', 'launch-secret-in-arguments 5',
  ]);
  expect(JSON.stringify(findings)).not.toContain(secret);
});

test('the launch type is closed and argv is shown exactly', () => {
  const { launch } = checkLaunch({ command: ['npx', '-y', 'server@1.2.3', "it's", 'a b', '$(x)', 'a\nb', ''], cwd: '/srv' });
  expect(Object.keys(launch).sort()).toEqual(['args', 'command', 'cwd', 'env', 'sandbox', 'shared']);
  expect(renderArgv(launch)).toBe(String.raw`npx -y server@1.2.3 'it'\''s' 'a b' '$(x)' 'a<U+000A>b' ''`);
});
