import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clientFilesFor } from '../../../src/cli/discover/client-files.ts';
import { lookAtFiles } from '../../../src/discover/host/files.ts';
import { homesOf } from '../../../src/discover/host/homes.ts';
import type { PersonHome } from '../../../src/discover/host/homes.ts';
import type { LookAlike, Plant, Planted } from './planted.ts';

/** A configuration on the machine: its file, what the file says, and the keys of each server in it. */
type Configured = readonly [path: string, content: string, ...servers: readonly (readonly [key: string, confidenceMin?: number])[]];

const json = (root: string, servers: object, more: object = {}): string => JSON.stringify({ ...more, [root]: servers }, null, 2);
const npm = (name: string): string => `package:npm/${name}`;
const pypi = (name: string): string => `package:pypi/${name}`;
const APP = 'AppData/Roaming';

/** Forty files, each with one server and two with more, over every family of form and scope. `ROOT`: where the machine's disk begins. */
const CONFIGURED: readonly Configured[] = [
  // One person's clients on Linux.
  ['home/ana/.config/Claude/claude_desktop_config.json',
    json('mcpServers', { fs: { command: 'npx', args: ['-y', '@plant/desktop@1.0.0', '/home/ana/docs'] } }), [npm('@plant/desktop')]],
  ['home/ana/.claude.json', JSON.stringify({
    mcpServers: { gh: { type: 'http', url: 'https://claude-code.plant.example/mcp/' } },
    projects: { '/home/ana/work/shop': { mcpServers: { db: { command: 'uvx', args: ['plant-project-db==1.0'] } }, history: [{ display: LURE() }] } },
  }), ['url:https://claude-code.plant.example/mcp'], [pypi('plant-project-db')]],
  ['home/ana/.claude/plugins/cache/market/tool/1.0/.mcp.json',
    JSON.stringify({ bare: { command: 'npx', args: ['-y', 'plant-plugin'] } }), [npm('plant-plugin')]],
  ['home/ana/.cursor/mcp.json',
    json('mcpServers', { r: { command: 'npx', args: ['-y', 'mcp-remote', 'https://cursor.plant.example/sse?k=1', '--header', 'A: b'] } }),
      ['url:https://cursor.plant.example/sse']],
  ['home/ana/.config/Code/User/mcp.json',
    '{ // mine\n "inputs": [],\n "servers": { "p": { "type": "stdio", "command": "sh", "args": ["-c", "exec npx -y plant-vscode"], }, }, }',
      [npm('plant-vscode')]],
  ['home/ana/.config/Code/User/profiles/-1a2b/mcp.json',
    json('servers', { p: { url: 'https://profile.plant.example/mcp' } }), ['url:https://profile.plant.example/mcp']],
  ['home/ana/.config/Code/User/settings.json',
    json('mcp', { servers: { s: { command: 'python3', args: ['/opt/plant/settings.py'] } } }, { 'editor.fontSize': 12 }),
      ['program:MACHINE!/opt/plant/settings.py']],
  ['home/ana/.config/Code - Insiders/User/mcp.json', json('servers', { i: { command: 'bunx', args: ['plant-insiders'] } }), [npm('plant-insiders')]],
  ['home/ana/.copilot/mcp-config.json',
    json('mcpServers', { c: { type: 'local', command: 'npx', args: ['plant-copilot@latest'], tools: ['*'] } }), [npm('plant-copilot')]],
  ['home/ana/.codeium/windsurf/mcp_config.json',
    json('mcpServers', { w: { serverUrl: 'https://windsurf.plant.example/v1/sse' } }), ['url:https://windsurf.plant.example/v1/sse']],
  ['home/ana/.config/zed/settings.json',
    json('context_servers', { z: { command: { path: '/opt/plant/zed-server', args: [] } }, only: { source: 'extension', settings: {} } }),
      ['program:MACHINE!/opt/plant/zed-server']],
  ['home/ana/.config/Cursor/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
    json('mcpServers', { c: { type: 'streamableHttp', url: 'https://cline.plant.example/mcp', alwaysAllow: ['*'] } }), ['url:https://cline.plant.example/mcp']],
  ['home/ana/.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json',
    json('mcpServers', { r: { command: 'npx', args: ['-y', 'plant-roo'] } }), [npm('plant-roo')]],
  ['home/ana/.config/opencode/opencode.jsonc',
    '{ "mcp": { "o": { "type": "local", "command": ["npx", "-y", "plant-opencode"], "enabled": false } }, }', [npm('plant-opencode')]],
  ['home/ana/.codex/config.toml',
    'model = "x"\n[mcp_servers.c]\ncommand = "npx"\nargs = ["-y", "plant-codex@1.0.0"]\n[mcp_servers.c.env]\nA = "b"\n', [npm('plant-codex')]],
  ['home/ana/.gemini/settings.json',
    json('mcpServers', { g: { httpUrl: 'https://gemini.plant.example/mcp', trust: true } }), ['url:https://gemini.plant.example/mcp']],
  ['home/ana/.gemini/extensions/ext/gemini-extension.json',
    json('mcpServers', { g: { command: 'uvx', args: ['--from', 'Plant_Gemini.Addon', 'run'] } }, { name: 'ext' }), [pypi('plant-gemini-addon')]],
  ['home/ana/.kiro/settings/mcp.json', json('mcpServers', { k: { command: 'uvx', args: ['plant.kiro@latest'], autoApprove: ['x'] } }), [pypi('plant-kiro')]],
  ['home/ana/.aws/amazonq/agents/default.json',
    json('mcpServers', { q: { command: 'docker', args: ['run', '-i', '--rm', '-e', 'K', 'ghcr.io/plant/amazonq:1'] } }), ['package:oci/ghcr.io/plant/amazonq']],
  ['home/ana/.continue/config.yaml',
    'name: a\nmcpServers:\n  - name: c\n    type: streamable-http\n    url: https://continue.plant.example/mcp\n', ['url:https://continue.plant.example/mcp']],
  ['home/ana/.config/goose/config.yaml',
    'extensions:\n  developer: { type: builtin, enabled: true }\n  g:\n    type: stdio\n    cmd: pipx\n    args: [run, plant-goose]\n', [pypi('plant-goose')]],
  ['home/ana/.lmstudio/mcp.json', json('mcpServers', { l: { command: 'node', args: ['~/servers/lm.js'] } }), ['program:MACHINE!ROOT/home/ana/servers/lm.js']],
  // Another person, with the same client and others.
  ['home/bob/.config/amp/settings.json', json('amp.mcpServers', { a: { url: 'http://127.0.0.1:4711/mcp' } }), ['url:MACHINE!http://127.0.0.1:4711/mcp']],
  ['home/bob/.config/crush/crush.json',
    json('mcp', { c: { type: 'stdio', command: '/opt/plant/crush', env: { T: '$(touch /tmp/evaluated)' } } }), ['program:MACHINE!/opt/plant/crush']],
  ['home/bob/.vibe/config.toml',
    '[[mcp_servers]]\nname = "v"\ntransport = "stdio"\ncommand = "uv"\nargs = ["--directory", "/srv/vibe", "run", "server.py"]\n',
      ['program:MACHINE!/srv/vibe/server.py']],
  ['home/bob/.hermes/config.yaml', 'mcp_servers:\n  h:\n    url: https://hermes.plant.example/mcp\n', ['url:https://hermes.plant.example/mcp']],
  ['home/bob/.docker/mcp/registry.yaml', 'registry:\n  planted:\n    ref: ""\n', ['package:oci/plant/toolkit']],
  ['home/bob/.local/state/toolhive/runconfigs/t.json',
    JSON.stringify({ name: 't', image: 'ghcr.io/plant/toolhive:2' }), ['package:oci/ghcr.io/plant/toolhive']],
  ['home/bob/.cline/data/settings/cline_mcp_settings.json',
    '{"mcpServers":{"broken":3,"c":{"command":"npx","args":["-y","plant-cline-cli"]},}', [npm('plant-cline-cli')]],
  ['home/bob/.config/Claude/Claude Extensions/plant/manifest.json',
    JSON.stringify({ name: 'plant-bundle', version: '1.0.0', server: { mcp_config: { command: 'node', args: ['${__dirname}/i.js'] } } }),
      ['package:mcpb/plant-bundle']],
  // Windows, seen from Linux.
  [`mnt/c/Users/carla/${APP}/Claude/claude_desktop_config.json`,
    json('mcpServers', { w: { command: 'cmd', args: ['/c', 'npx', '-y', 'plant-windows'] } }), [npm('plant-windows')]],
  [`mnt/c/Users/carla/${APP}/Code/User/mcp.json`,
    `\ufeff${json('servers', { w: { type: 'sse', url: 'https://windows.plant.example/sse' } }).replaceAll('\n', '\r\n')}`,
      ['url:https://windows.plant.example/sse']],
  // macOS.
  ['Users/dora/Library/Application Support/Claude/claude_desktop_config.json',
    json('mcpServers', { m: { command: '/opt/homebrew/bin/uvx', args: ['plant-mac'] } }), [pypi('plant-mac')]],
  ['Users/dora/Library/Application Support/Trae/User/mcp.json',
    json('mcpServers', { t: { url: 'https://trae.plant.example/mcp' } }), ['url:https://trae.plant.example/mcp']],
  // The machine's, and projects: in a home, elsewhere, remembered by an editor.
  ['etc/claude-code/managed-mcp.json',
    json('mcpServers', { m: { type: 'http', url: 'https://managed.plant.example/mcp' } }), ['url:https://managed.plant.example/mcp']],
  ['home/ana/work/shop/.mcp.json',
    json('mcpServers', { p: { command: 'node', args: ['./tools/server.js'] } }), ['program:MACHINE!ROOT/home/ana/work/shop/tools/server.js']],
  ['home/ana/work/shop/.vscode/mcp.json', json('servers', { p: { command: 'npx', args: ['-y', 'plant-project-vscode'] } }), [npm('plant-project-vscode')]],
  ['home/ana/work/shop/api/.devcontainer/devcontainer.json',
    JSON.stringify({ customizations: { vscode: { mcp: { servers: { d: { url: 'https://devcontainer.plant.example/mcp' } } } } } }),
      ['url:https://devcontainer.plant.example/mcp']],
  ['srv/projects/team/app.code-workspace',
    JSON.stringify({ folders: [], settings: { mcp: { servers: { w: { url: 'https://workspace.plant.example/mcp' } } } } }),
      ['url:https://workspace.plant.example/mcp']],
  ['opt/elsewhere/é x/.cursor/mcp.json', json('mcpServers', { e: { command: 'npx', args: ['-y', 'plant-remembered'] } }), [npm('plant-remembered')]],
];

/** A text that speaks of a server, as a person's history does. */
function LURE(): string {
  return json('mcpServers', { lure: { command: 'npx', args: ['-y', 'lure-in-history'] } });
}

const lure = (name: string): string => json('mcpServers', { lure: { command: 'npx', args: ['-y', `lure-${name}`] } });

/** What is written, and what of it nobody may take for a server. */
const LOOK_ALIKES: readonly (readonly [path: string, content: string, text: string])[] = [
  ['home/ana/work/shop/README.md', lure('readme'), 'lure-readme'],
  ['home/ana/work/shop/.mcp.json.example', lure('example'), 'lure-example'],
  ['home/ana/work/shop/node_modules/x/.mcp.json', lure('modules'), 'lure-modules'],
  ['home/ana/work/shop/.git/.mcp.json', lure('git'), 'lure-git'],
  ['home/ana/.claude/plugins/marketplaces/m/p/.mcp.json', lure('marketplace'), 'lure-marketplace'],
  ['home/ana/Downloads/mcp.json', lure('download'), 'lure-download'],
  ['home/ana/.cache/x/.mcp.json', lure('cache'), 'lure-cache'],
  ['home/ana/work/game/.vscode/settings.json', json('servers', { db: { host: 'lure-database', port: 5432 } }), 'lure-database'],
  ['home/ana/work/game/config.toml', '[tool]\ncommand = "lure-tool"\nargs = []\n', 'lure-tool'],
  ['home/ana/work/game/opencode.json', json('command', { test: { template: 'run', command: 'lure-command' } }), 'lure-command'],
  ['home/ana/work/game/crush.json', json('lsp', { go: { command: 'lure-lsp' } }), 'lure-lsp'],
  ['home/bob/.warp/.mcp.json', '{"mcpServers":{}}', 'warp'],
];

/** Forty configurations of four people, of the machine and of projects, and what only looks like one. */
export async function plantClientFiles(folder: string, machine: string): Promise<Planted> {
  const put = (path: string, content: string): void => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  for (const [path, content] of CONFIGURED) put(path, content);
  for (const [path, content] of LOOK_ALIKES) put(path, content);
  put('etc/passwd', 'root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\nwww:x:33:33::/srv:/bin/false\n');
  put('home/bob/.docker/mcp/catalogs/docker-mcp.yaml', 'registry:\n  planted: { image: "plant/toolkit@sha256:1" }\n  other: { image: lure/other }\n');
  put('home/bob/.config/Code/User/workspaceStorage/1f/workspace.json', '{"folder":"file:///opt/elsewhere/%C3%A9%20x"}');
  hostile(folder);
  const homes: readonly PersonHome[] = [...homesOf(folder, 'linux'), { folder: join(folder, 'Users/dora'), user: 'dora', platform: 'darwin' }];
  const plants = CONFIGURED.flatMap(([path, , ...servers]) => servers.map(([key, confidenceMin = 80]): Plant => ({
    what: path, kind: 'server', keys: [key.replace('MACHINE', machine).replace('ROOT', folder)], confidenceMin, by: 'client-file',
  })));
  const lookAlikes = LOOK_ALIKES.filter(([path]) => !path.includes('.warp/')).map(([what, , text]): LookAlike => ({ what, text }));
  return {
    plants, lookAlikes: [...lookAlikes, { what: 'a person’s history', text: 'lure-in-history' }, { what: 'an image that is not switched on',
      text: 'lure/other' }],
    looks: [() => lookAtFiles({
      files: clientFilesFor(folder, {}, ''), root: folder, machine, now: Date.now(), homes, projects: [join(folder, 'srv/projects')], walksHomes: true,
      userName: () => undefined, advisoriesFor: () => [],
    })],
    stop: () => Promise.resolve(),
  };
}

/** What is in the way of whoever looks: a pipe, circles of links, names with line ends, a link from one client's file to another's. */
function hostile(folder: string): void {
  const at = (path: string): string => join(folder, path);
  mkdirSync(at('home/ana/work/odd\nname/\u001b[31m'), { recursive: true });
  Bun.spawnSync(['mkfifo', at('home/ana/work/odd\nname/.mcp.json')]);
  symlinkSync('mcp.json', at('home/bob/mcp.json'));
  mkdirSync(at('home/bob/.cursor'));
  symlinkSync('mcp.json', at('home/bob/.cursor/mcp.json'));
  symlinkSync('..', at('home/ana/work/up'));
  mkdirSync(at('home/ana/.kiro/agents'));
  symlinkSync('../settings/mcp.json', at('home/ana/.kiro/agents/same.json'));
}
