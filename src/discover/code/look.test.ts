import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { verifies } from '../../../test/e2e/requirements.ts';
import { unwrap } from '../../client-files/runs/unwrap.ts';
import { isUnseen } from '../../domain/observation.ts';
import type { Observation, Unseen } from '../../domain/observation.ts';
import { lookAtCode } from './look.ts';
import type { CodeLook } from './clue.ts';

const root = mkdtempSync(join(tmpdir(), 'sp-code-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const look: CodeLook = {
  machine: 'm', now: 1, unwrap, isClientFile: (path) => path.endsWith('.mcp.json'),
  vendorOf: (host) => (host === 'mcp.linear.app' ? 'Linear' : undefined),
  advisoriesFor: (_, name, version) => (name === '@modelcontextprotocol/sdk' && version === '1.10.0' ? ['CVE-2026-1'] : []),
  readClientFile: (_, text) => Object.keys(JSON.parse(text).mcpServers).map((name) => {
    const runs = { kind: 'remote' as const, url: `https://${name}.acme.io/mcp` };
    return { line: 1, sensor: 'client-file', kind: 'server', name, runs, confidence: 95, risks: [], facts: {} };
  }),
};

function put(path: string, value: unknown): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value, undefined, 2));
}

function commit(folder: string): void {
  const env = { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  for (const args of [['init', '-q', '-b', 'main'], ['add', '-A'], ['-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-q', '-m', 'x']]) {
    const run = Bun.spawnSync(['git', ...args], { cwd: join(root, folder), env });
    if (run.exitCode !== 0) throw new Error(run.stderr.toString());
  }
}

async function looked(folder: string): Promise<{ readonly seen: readonly Observation[]; readonly unseen: readonly Unseen[] }> {
  const [seen, unseen]: [Observation[], Unseen[]] = [[], []];
  for await (const item of lookAtCode([join(root, folder)], look)) {
    if (isUnseen(item)) unseen.push(item);
    else seen.push(item);
  }
  return { seen, unseen };
}

/** Kind, first key, confidence, and the place below the folder. */
function shape(folder: string, { seen }: { readonly seen: readonly Observation[] }): readonly (readonly [string, string, number, string])[] {
  return seen.map(({ kind, keys, confidence, place }) =>
    [kind, (keys[0] ?? '').replace(root, ''), confidence, place.slice(join(root, folder).length + 1)] as const);
}

describe('a project', () => {
  beforeAll(() => {
    put('ts/package.json', { name: '@acme/crm', version: '1.0.0', dependencies: { '@modelcontextprotocol/sdk': '^1.9.0', '@playwright/mcp': '0.0.41' } });
    put('ts/package-lock.json', {
      lockfileVersion: 3,
      packages: {
        '': {}, 'node_modules/@modelcontextprotocol/sdk': { version: '1.10.0' },
        'node_modules/quiet': { version: '2.0.0', bin: { quiet: 'x' }, dependencies: { '@modelcontextprotocol/sdk': '1' } },
      },
    });
    put('ts/src/index.ts', "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nnew McpServer({});\n");
    put('ts/node_modules/@modelcontextprotocol/sdk/package.json', { name: '@modelcontextprotocol/sdk', version: '1.10.0' });
    commit('ts');
  });

  test(verifies('code-found', 'is a server by its source, with its library as it is locked, and what it needs are servers, too'), async () => {
    const result = await looked('ts');
    expect(result.unseen).toEqual([]);
    expect(shape('ts', result)).toEqual([
      ['server', 'program:m!/ts', 95, 'src/index.ts:1'], ['server', 'package:npm/quiet', 90, 'package-lock.json:8'],
      ['server', 'package:npm/@playwright/mcp', 60, 'package.json:6'],
    ]);
    expect(result.seen[0]).toMatchObject({
      keys: [`program:m!${join(root, 'ts')}`, 'package:npm/@acme/crm'], risks: ['advisory'],
      facts: { sdk: '@modelcontextprotocol/sdk 1.10.0', advisories: 'CVE-2026-1' },
    });
  });

  test('of each language is what its imports are', async () => {
    put('many/py/pyproject.toml', '[project]\nname = "acme-notes"\ndependencies = ["mcp[cli]>=1.2", "click"]\n');
    put('many/py/server.py', 'from mcp.server.fastmcp import FastMCP\nmcp = FastMCP("notes")\n');
    put('many/go/go.mod', 'module example.org/tool\n\nrequire (\n\tgithub.com/modelcontextprotocol/go-sdk v1.1.0\n)\n');
    put('many/go/main.go', 'package main\n\nimport "github.com/modelcontextprotocol/go-sdk/mcp"\n\nfunc main() { mcp.NewServer(nil, nil) }\n');
    put('many/rs/Cargo.toml', '[package]\nname = "tool"\n\n[dependencies]\nrmcp = { version = "0.8", features = ["server"] }\n');
    put('many/rs/src/main.rs', 'use rmcp::{ServerHandler, ServiceExt};\n');
    put('many/cs/App.csproj', '<Project><ItemGroup><PackageReference Include="ModelContextProtocol" Version="0.4.0" /></ItemGroup></Project>');
    put('many/cs/Program.cs', 'using ModelContextProtocol.Server;\nbuilder.Services.AddMcpServer();\n');
    const java = '<groupId>io.modelcontextprotocol.sdk</groupId><artifactId>mcp</artifactId><version>0.12.0</version>';
    put('many/java/pom.xml', `<project><dependency>${java}</dependency></project>`);
    put('many/java/src/Main.java', 'import io.modelcontextprotocol.server.McpServer;\n');
    put('many/agent/requirements.txt', 'langchain-mcp-adapters==0.1.0\n');
    put('many/agent/main.py', [
      'from mcp import ClientSession, StdioServerParameters', 'p = StdioServerParameters(command="uvx", args=["mcp-server-git", "--repository", "."])',
      'tool = {"type": "mcp", "server_label": "x", "server_url": "https://tools.acme.io/v2/agents"}', 'URL = "https://mcp.linear.app/mcp"',
      '# URL = "https://mcp.old.acme.io/mcp"',
      'own = {"type": "mcp", "server_url": "https://tools.acme.io/s/NzQ3ZjE4ODItM2Yx9aQk/mcp"}', 'DOC = "https://mcp.example.com/mcp"', '',
    ].join('\n'));
    const result = await looked('many');
    const found = shape('many', result).toSorted((a, b) => a[1].localeCompare(b[1]));
    const wanted: typeof found = [
      ['client', 'program:m!/many/agent', 95, 'agent/main.py:1'],
      ['server', 'package:pypi/mcp-server-git', 75, 'agent/main.py:2'],
      ['server', 'url:https://tools.acme.io/v2/agents', 90, 'agent/main.py:3'],
      ['server', 'url:https://mcp.linear.app/mcp', 90, 'agent/main.py:4'],
      ['server', 'url:https://tools.acme.io/s/~G2mFTpEkzVlL/mcp', 90, 'agent/main.py:6'],
      ['server', 'program:m!/many/cs', 95, 'cs/Program.cs:1'], ['server', 'program:m!/many/go', 95, 'go/main.go:5'],
      ['server', 'program:m!/many/java', 95, 'java/src/Main.java:1'], ['server', 'program:m!/many/py', 95, 'py/server.py:1'],
      ['server', 'program:m!/many/rs', 95, 'rs/src/main.rs:1'],
    ];
    expect(found).toEqual(wanted.toSorted((a, b) => a[1].localeCompare(b[1])));
    expect(JSON.stringify(result)).not.toContain('NzQ3ZjE4');
  });
});

describe('what is deployed', () => {
  test('by image recipes, compositions, manifests of Kubernetes, workflows, and declarations', async () => {
    put('ops/Dockerfile', [
      'FROM node:24', 'RUN npm install -g @modelcontextprotocol/server-filesystem@2025.1.1 && \\', '    echo done',
      'LABEL io.modelcontextprotocol.server.name="io.acme/ops"',
      'CMD ["npx", "-y", "mcp-remote", "https://mcp.ops.acme.io/mcp"]', '',
    ].join('\n'));
    const time = '  time:\n    image: mcp/time:1.0\n    ports: ["8000:8000"]\n';
    put('ops/compose.yaml', `services:\n${time}  db:\n    image: postgres:17\n  local:\n    image: mcp/fetch\n`);
    put('ops/k8s/all.yaml', [
      'apiVersion: toolhive.stacklok.dev/v1alpha1', 'kind: MCPServer', 'metadata: { name: github }', 'spec:',
      '  image: ghcr.io/github/github-mcp-server:v1', '---',
      'apiVersion: toolhive.stacklok.dev/v1alpha1', 'kind: MCPRemoteProxy', 'metadata: { name: notion }',
      'spec: { remoteURL: "https://mcp.notion.acme.io/mcp" }', '---',
      'apiVersion: apps/v1', 'kind: Deployment', 'metadata: { name: web }', 'spec: { template: { spec: { containers: [{ name: a, image: "nginx:1" }] } } }', '',
    ].join('\n'));
    put('ops/.github/workflows/ci.yml', [
      'on: push', 'jobs:', '  a:', '    steps:', '      - run: |', '          echo hi', '          npx -y @acme/lint-mcp-server@3 &',
      '      - uses: anthropics/claude-code-action@v1',
      '        with:', '          mcp_config: |', '            {"mcpServers":{"sentry":{"command":"uvx","args":["mcp-sentry-server"]}}}',
      '      - run: claude mcp add --transport http jira https://mcp.jira.acme.io/mcp', '',
    ].join('\n'));
    put('ops/server.json', {
      name: 'io.acme/ops', description: 'x', version: '1.0.0',
      packages: [{ registryType: 'npm', identifier: '@acme/ops-server', version: '1.0.0', transport: { type: 'stdio' } }],
      remotes: [{ type: 'streamable-http', url: 'https://ops.acme.io/mcp?token=abc' }],
    });
    put('ops/.mcp.json', { mcpServers: { wiki: {} } });
    const result = await looked('ops');
    expect(result.unseen).toEqual([]);
    expect(shape('ops', result).map(([, key, confidence, place]) => `${place} ${key} ${confidence}`).toSorted()).toEqual([
      '.github/workflows/ci.yml:11 package:pypi/mcp-sentry-server 60', '.github/workflows/ci.yml:12 url:https://mcp.jira.acme.io/mcp 90',
      '.github/workflows/ci.yml:7 package:npm/@acme/lint-mcp-server 75', '.mcp.json:1 url:https://wiki.acme.io/mcp 95',
      'Dockerfile:2 package:npm/@modelcontextprotocol/server-filesystem 90', 'Dockerfile:4 program:m!/ops 95',
      'Dockerfile:5 url:https://mcp.ops.acme.io/mcp 90',
      'compose.yaml:3 package:oci/mcp/time 90', 'compose.yaml:8 package:oci/mcp/fetch 90', 'k8s/all.yaml:10 url:https://mcp.notion.acme.io/mcp 95',
      'k8s/all.yaml:5 package:oci/ghcr.io/github/github-mcp-server 95', 'server.json:1 package:npm/@acme/ops-server 95',
    ]);
    const declared = result.seen.find(({ place }) => place.endsWith('server.json:1'));
    expect(declared?.keys).toEqual(['package:npm/@acme/ops-server', 'url:https://ops.acme.io/mcp']);
    expect(result.seen.find(({ name }) => name === 'time')?.risks).toEqual(['unpinned', 'wide-bind']);
    expect(JSON.stringify(result.seen)).not.toContain('token=abc');
  });

  test(verifies('code-found', 'look-alikes are none: words, comments, samples, other MCPs, texts about it'), async () => {
    put('like/README.md', 'npx -y mcp-remote https://mcp.acme.io/mcp\n');
    put('like/a.js', "// import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js' is how one begins\nconst mcp = require('mcp2515');\n");
    put('like/b.py', 'import mcp\nfrom mcp23017 import MCP23017\n# from mcp.server import Server\nprint("tools/call tools/list initialize mcp")\n');
    put('like/package.json', { name: 'minecraft-mcp', dependencies: { 'mcp-mappings': '1.0.0', mcp3008: '2.0.0' } });
    put('like/Dockerfile', 'FROM itzg/minecraft-mcp\nRUN echo mcp-server\nCMD ["npx", "serve", "mcp"]\n');
    put('like/compose.yml', 'services:\n  mcp:\n    image: acme/web\n    command: echo https://mcp.acme.io/mcp\n');
    put('like/.github/workflows/x.yml', 'jobs:\n  mcp:\n    steps:\n      - run: echo "npx -y mcp-server-git"\n      - name: npx mcp-server-git\n');
    put('like/manifest.json', { name: 'mcp-extension', manifest_version: 3, version: '1', background: {} });
    put('like/server.json', { name: 'mcp', port: 3000 });
    put('like/chart.yaml', 'apiVersion: v1\nkind: ConfigMap\ndata: { url: "https://mcp.example.com/mcp", kind: MCPServer }\n');
    expect(shape('like', await looked('like'))).toEqual([]);
  });
});

describe('what is deployed elsewhere', () => {
  test('entries from outside, other operators, other services of CI, and gateways', async () => {
    put('more/ingress.yaml', [
      'apiVersion: networking.k8s.io/v1', 'kind: Ingress', 'metadata: { name: crm }', 'spec:', '  rules:', '    - host: mcp.crm.acme.io',
      '      http: { paths: [{ path: /mcp, pathType: Prefix }] }', '---', 'apiVersion: kagent.dev/v1alpha2', 'kind: RemoteMCPServer',
      'metadata: { name: board }',
      'spec: { url: "http://board.acme.io/mcp" }', '---', 'apiVersion: batch/v1', 'kind: CronJob', 'metadata: { name: nightly }',
      'spec: { jobTemplate: { spec: { template: { spec: {',
      '  containers: [{ image: "node:24", command: [npx], args: ["-y", "@acme/night-mcp-server"] }]', '  } } } } }', '',
    ].join('\n'));
    put('more/.gitlab-ci.yml', 'review:\n  image: node:24\n  script:\n    - export A=1\n    - uvx mcp-server-review==1.0 &\n');
    put('more/compose.yml', 'services:\n  gateway:\n    image: docker/mcp-gateway\n    command: ["--server", "https://tools.acme.io/mcp"]\n');
    put('more/start.sh', '#!/bin/sh\npip install "mcp-server-sql==2.0" && \\\n  exec npx -y mcp-remote https://wiki.acme.io/mcp --header "A: $B"\n');
    const result = await looked('more');
    expect(result.unseen).toEqual([]);
    expect(new Set(shape('more', result).map(([, key, , place]) => `${place} ${key}`))).toEqual(new Set([
      'ingress.yaml:6 url:https://mcp.crm.acme.io/mcp', 'ingress.yaml:12 url:http://board.acme.io/mcp',
      'ingress.yaml:18 package:npm/@acme/night-mcp-server',
      '.gitlab-ci.yml:5 package:pypi/mcp-server-review', 'compose.yml:3 package:oci/docker/mcp-gateway',
      'start.sh:2 package:pypi/mcp-server-sql', 'start.sh:2 url:https://wiki.acme.io/mcp',
    ]));
    expect(result.seen.find(({ name }) => name === 'board')?.risks).toEqual(['cleartext']);
  });
});

describe('a repository', () => {
  test(verifies('code-found', 'tells what is committed and what stands there apart'), async () => {
    put('states/Dockerfile', 'FROM mcp/time\n');
    put('states/kept.dockerfile', 'FROM mcp/fetch\n');
    commit('states');
    put('states/Dockerfile', 'FROM mcp/git\n');
    const { seen } = await looked('states');
    expect(new Map(seen.map(({ name, facts }) => [name, facts['only']]))).toEqual(new Map<string | undefined, string | undefined>([
      ['mcp/fetch', undefined], ['mcp/git', 'in the worktree, not committed'], ['mcp/time', 'committed, not in the worktree'],
    ]));
  });

  test('tells what was only added', async () => {
    put('added/kept.dockerfile', 'FROM mcp/fetch\n');
    commit('added');
    put('added/Dockerfile', 'FROM mcp/git\n');
    const { seen } = await looked('added');
    expect(new Map(seen.map(({ name, facts }) => [name, facts['only']]))).toEqual(new Map<string | undefined, string | undefined>([
      ['mcp/fetch', undefined], ['mcp/git', 'in the worktree, not committed'],
    ]));
  });

  test('bare, within another, and by a link only once', async () => {
    put('outer/Dockerfile', 'FROM mcp/time\n');
    put('outer/inner/Dockerfile', 'FROM mcp/fetch\n');
    commit('outer/inner');
    commit('outer');
    symlinkSync(join(root, 'outer'), join(root, 'outer/loop'));
    Bun.spawnSync(['git', 'clone', '-q', '--bare', join(root, 'outer/inner'), join(root, 'outer/bare.git')]);
    const { seen, unseen } = await looked('outer');
    expect(unseen).toEqual([]);
    expect(new Set(seen.map(({ place }) => place.slice(root.length + 1)))).toEqual(new Set([
      'outer/Dockerfile:1', 'outer/bare.git/Dockerfile:1', 'outer/inner/Dockerfile:1',
    ]));
    expect(seen).toHaveLength(3);
  });

  test('that is broken is said, and its files are told', async () => {
    put('loop/a.dockerfile', 'FROM mcp/time\n');
    commit('loop');
    symlinkSync('reftable', join(root, 'loop/.git/reftable'));
    const { seen, unseen } = await looked('loop');
    expect(seen.map(({ name }) => name)).toEqual(['mcp/time']);
    expect(unseen.map(({ reason }) => reason)).toEqual(['the repository could not be read: its files were, not what is committed']);
  });

  test('what is broken, huge or no file is said with its place, and hides nothing else', async () => {
    put('bad/package.json', '{ "name": ');
    put('bad/compose.yaml', 'services:\n  mcp: [\n');
    put('bad/k8s.yaml', `apiVersion: v1\nkind: X\nmcp: &a [x]\nb: ${'['.repeat(5000)}\n`);
    put('bad/big.py', `# mcp\n${'x'.repeat(3 * 1024 * 1024)}`);
    put('bad/ok.dockerfile', 'FROM mcp/time\n');
    Bun.spawnSync(['mkfifo', join(root, 'bad/Dockerfile')]);
    put('bad/evil\u001b[2J\nname.dockerfile', 'FROM mcp/fetch\n');
    const { seen, unseen } = await looked('bad');
    expect(new Set(seen.map(({ name }) => name))).toEqual(new Set(['mcp/fetch', 'mcp/time']));
    expect(new Set(unseen.map(({ place }) => place.split('/').at(-1)))).toEqual(new Set(['big.py', 'compose.yaml', 'k8s.yaml', 'package.json']));
  });
});
