import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeLook } from '../../../src/cli/discover/code.ts';
import { lookAtCode } from '../../../src/discover/code/look.ts';
import type { Looked } from '../../../src/domain/observation.ts';
import { knowledgeOf, shippedTables } from '../../../src/knowledge/table.ts';
import type { LookAlike, Plant, Planted } from './planted.ts';

type Files = Readonly<Record<string, string | object>>;

/** Six repositories, each with what it holds; `gone` is committed and no longer in the worktree. */
const REPOSITORIES: Readonly<Record<string, { readonly files: Files; readonly gone?: readonly string[]; readonly isBare?: true }>> = {
  server: {
    files: {
      'package.json': { name: '@coded/crm', version: '1.0.0', dependencies: { '@modelcontextprotocol/sdk': '^1.20.0' } },
      'src/index.ts': "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nnew McpServer({ name: 'crm', version: '1' });\n",
      'Dockerfile': 'FROM node:24\nCOPY . .\nCMD ["node", "dist/index.js"]\n',
    },
  },
  agent: {
    files: {
      'pyproject.toml': '[project]\nname = "agent"\ndependencies = ["mcp>=1.20"]\n',
      'agent.py': `from mcp import ClientSession, StdioServerParameters
git = StdioServerParameters(command="uvx", args=["mcp-server-coded"])
tools = [{"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.coded.io/agents"}]
`,
      '.mcp.json': { mcpServers: { board: { type: 'http', url: 'https://board.coded.io/mcp', headers: { Authorization: 'Bearer hunter2hunter2' } } } },
    },
  },
  deploy: {
    files: {
      'compose.yaml': 'services:\n  search:\n    image: mcp/coded-search:1.2\n    ports: ["8000:8000"]\n  db:\n    image: postgres:17\n',
      'k8s/tickets.yaml': 'apiVersion: toolhive.stacklok.dev/v1alpha1\nkind: MCPServer\nmetadata:\n  name: tickets\nspec:\n  image: ghcr.io/coded/tickets:3\n',
      'charts/templates/mail.yaml': `{{- if .Values.on }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-mail
spec:
  template:
    spec:
      containers:
        - name: mail
          image: ghcr.io/coded/mail-mcp-server:2
{{- end }}
`,
    },
  },
  pipeline: {
    files: {
      '.github/workflows/review.yml': `on: push
jobs:
  review:
    steps:
      - run: |
          npm ci
          npx -y @coded/lint-mcp-server@1.0.0 &
      - run: claude mcp add --transport http planner https://planner.coded.io/mcp
`,
    },
  },
  published: {
    files: {
      'server.json': {
        name: 'io.coded/maps', description: 'Maps', version: '2.0.0', remotes: [{ type: 'streamable-http', url: 'https://maps.coded.io/mcp' }],
        packages: [{ registryType: 'pypi', identifier: 'coded-maps', version: '2.0.0', transport: { type: 'stdio' } }],
      },
      'old/Dockerfile': 'FROM mcp/coded-forgotten:0.1\n',
    },
    gone: ['old/Dockerfile'],
  },
  mirror: {
    files: {
      'go.mod': 'module coded.io/tool\n\nrequire github.com/modelcontextprotocol/go-sdk v1.1.0\n',
      'main.go': 'package main\n\nimport "github.com/modelcontextprotocol/go-sdk/mcp"\n\nvar _ = mcp.NewServer(nil, nil)\n',
    },
    isBare: true,
  },
};

const LOOK_ALIKE_FILES: Files = {
  'README.md': 'Start `npx -y mcp-remote https://mcp.readme-like.io/mcp`.\n',
  'chip.py': 'from mcp23017 import MCP23017\nimport mcp\n',
  'package.json': { name: 'like', private: true, dependencies: { mcp2515: '1.0.0', 'minecraft-mcp-mappings': '2.0.0' } },
  'sample.ts': "// import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'\nconst url = 'https://mcp.example.com/mcp';\n",
  'extension/manifest.json': { name: 'like-mcp', manifest_version: 3, version: '1.0' },
  'compose.yaml': 'services:\n  like-mcp:\n    image: nginx:1\n',
  '.github/workflows/ci.yml': 'jobs:\n  a:\n    steps:\n      - run: echo "npx like-mcp-server"\n',
};

const LOOK_ALIKES: readonly LookAlike[] = [
  { what: 'an address in a text', text: 'readme-like' }, { what: 'a library of a chip', text: 'chip.py' }, { what: 'a driver', text: 'mcp2515' },
  { what: 'mappings of a game', text: 'minecraft' }, { what: 'a comment and a sample', text: 'sample.ts' },
  { what: 'an extension of a browser', text: 'extension/manifest.json' },
  { what: 'a service that is only called so', text: 'compose-like' }, { what: 'a word that is printed', text: 'like-mcp-server' },
];

function git(folder: string, ...args: readonly string[]): void {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  const run = Bun.spawnSync(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder, env });
  if (run.exitCode !== 0) throw new Error(run.stderr.toString());
}

function write(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
  }
}

function commitAll(folder: string): void {
  git(folder, 'init', '-q', '-b', 'main');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-q', '-m', 'planted');
}

function plantsOf(folder: string, machine: string): readonly Plant[] {
  const project = (path: string): string => `program:${machine}!${join(folder, path)}`;
  const rows: readonly (readonly [string, 'server' | 'client', readonly string[], number, Plant['by']])[] = [
    ['a server that is made here', 'server', [project('server'), 'package:npm/@coded/crm'], 95, 'code'],
    ['an agent', 'client', [project('agent')], 85, 'code'],
    ['a command of an agent', 'server', ['package:pypi/mcp-server-coded'], 75, 'code'],
    ['an address given to a model', 'server', ['url:https://wiki.coded.io/agents'], 90, 'code'],
    ['a client\'s file of a project', 'server', ['url:https://board.coded.io/mcp'], 95, 'client-file'],
    ['a service of a composition', 'server', ['package:oci/mcp/coded-search'], 90, 'code'],
    ['a resource of Kubernetes', 'server', ['package:oci/ghcr.io/coded/tickets'], 95, 'code'],
    ['a workload of a chart', 'server', ['package:oci/ghcr.io/coded/mail-mcp-server'], 75, 'code'],
    ['a step of a workflow', 'server', ['package:npm/@coded/lint-mcp-server'], 75, 'code'],
    ['what a workflow adds to a client', 'server', ['url:https://planner.coded.io/mcp'], 90, 'code'],
    ['a declaration, by all its names', 'server', ['package:pypi/coded-maps', 'url:https://maps.coded.io/mcp'], 95, 'manifest'],
    ['what is committed and gone from the worktree', 'server', ['package:oci/mcp/coded-forgotten'], 90, 'code'],
    ['a bare repository', 'server', [project('mirror.git')], 95, 'code'],
  ];
  return rows.map(([what, kind, keys, confidenceMin, by]) => ({ what, kind, keys, confidenceMin, by }));
}

/** Six repositories with thirteen servers and clients, one with what only looks like them. */
export async function plantRepositories(folder: string, machine: string): Promise<Planted> {
  for (const [name, { files, gone = [], isBare }] of Object.entries(REPOSITORIES)) {
    const at = join(folder, name);
    write(at, files);
    commitAll(at);
    for (const path of gone) rmSync(join(at, path));
    if (isBare !== true) continue;
    git(folder, 'clone', '-q', '--bare', at, `${at}.git`);
    rmSync(at, { recursive: true });
  }
  write(join(folder, 'look-alike'), LOOK_ALIKE_FILES);
  commitAll(join(folder, 'look-alike'));
  const look = await codeLook(machine, Date.now(), knowledgeOf(shippedTables()));
  return { plants: plantsOf(folder, machine), lookAlikes: LOOK_ALIKES, looks: [(): Looked => lookAtCode([folder], look)], stop: async () => undefined };
}
