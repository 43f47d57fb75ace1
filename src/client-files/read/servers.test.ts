import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import type { Runs } from '../../domain/runs.ts';
import { risksOf } from '../risks.ts';
import { CLIENT_TABLE } from '../table/table.ts';
import type { Source } from './configured.ts';
import { readFileOf } from './servers.ts';
import type { ReadServers } from './servers.ts';
import { imagesIn } from './special.ts';

const FIXTURES = join(import.meta.dir, '../../../test/fixtures/client-files');

function source(client: string, file: string, more: Partial<Source> = {}): Source {
  return { client, file, scope: 'user', ...more };
}

function fixture(client: string, file: string, more: Partial<Source> = {}): ReadServers {
  return readFileOf(readFileSync(join(FIXTURES, file), 'utf8'), source(client, join('/f', file), more));
}

function read(client: string, text: string, file = 'mcp.json'): ReadServers {
  return readFileOf(text, source(client, file));
}

function told(runs: Runs): string {
  if (runs.kind === 'package') return `${runs.ecosystem}:${runs.name}${runs.version === undefined ? '' : `@${runs.version}`}`;
  if (runs.kind === 'program') return [runs.program, runs.script].filter((each) => each !== undefined).join(' ');
  return runs.kind === 'remote' ? runs.url : runs.kind;
}

/** `line name transport what`, and what is special. */
function summary({ line, name, transport, runs, isDisabled, autoApproved, project }: ConfiguredServer): string {
  const approved = autoApproved === 'all' ? ' approves:all' : autoApproved.length > 0 ? ` approves:${autoApproved.join('+')}` : '';
  return `${line} ${name} ${transport} ${told(runs.runs)}${isDisabled ? ' off' : ''}${approved}${project === undefined ? '' : ` in ${project}`}`;
}

describe('files as the clients have them', () => {
  test.each<[string, string, readonly string[]]>([
    ['claude-desktop', 'claude-desktop.json', [
      '4 filesystem stdio npm:@modelcontextprotocol/server-filesystem', '8 linear stdio https://mcp.linear.app/sse',
      '12 windows-one stdio npm:@scope/only-windows@2.0.1',
    ]],
    ['claude-code', 'claude-code.json', [
      '6 github http https://api.githubcopilot.com/mcp/', '11 postgres stdio pypi:postgres-mcp@0.3.0',
      '23 sentry http https://mcp.sentry.dev/mcp in /home/ana/work/shop', '24 stripe sse https://mcp.stripe.com/ off in /home/ana/work/shop',
    ]],
    ['cursor', 'cursor.json', [
      '3 notion http https://mcp.notion.com/mcp', '4 figma http http://127.0.0.1:3845/sse', '5 brave stdio oci:docker.io/mcp/brave-search',
      '10 local stdio node ${workspaceFolder}/tools/server.js',
    ]],
    ['vscode', 'vscode.json', [
      '7 playwright stdio npm:@playwright/mcp@0.0.41', '8 perplexity stdio npm:server-perplexity-ask', '12 github http https://api.githubcopilot.com/mcp/',
      '14 socket http unix:///run/user/1000/mcp.sock',
    ]],
    ['vscode', 'vscode-settings.json', ['7 time stdio python -m mcp_server_time', '9 dotted http https://dotted.example/mcp']],
    ['vscode', 'devcontainer.json', ['3 inside stdio npm:inside-server@1.0.0']],
    ['github-copilot-cli', 'github-copilot-cli.json', ['3 playwright stdio npm:@playwright/mcp', '4 context7 http https://mcp.context7.com/mcp']],
    ['windsurf', 'windsurf.json', [
      '3 atlassian http https://mcp.atlassian.com/v1/sse', '4 puppeteer stdio npm:@modelcontextprotocol/server-puppeteer off',
        '5 plugin http https://mcp.example.com/mcp',
    ]],
    ['zed', 'zed.json', ['5 custom stdio node /opt/zed/server.js', '6 older stdio /opt/zed/old-server', '7 remote http https://zed.example/mcp off']],
    ['cline-vscode', 'cline.json', [
      '3 github.com/upstash/context7-mcp stdio npm:@upstash/context7-mcp approves:resolve-library-id+get-library-docs',
      '7 stream http https://cline.example/mcp off approves:all',
    ]],
    ['opencode', 'opencode.jsonc', ['4 everything stdio npm:@modelcontextprotocol/server-everything', '5 jira http https://jira.example.com/mcp off']],
    ['codex', 'codex.toml', [
      '4 context7 stdio npm:@upstash/context7-mcp@1.0.20', '12 figma http https://mcp.figma.com/mcp approves:all',
      '19 with.dot stdio /opt/codex/server off approves:search',
    ]],
    ['gemini-cli', 'gemini-cli.json', [
      '5 pythonTools stdio python -m my_mcp_server approves:all', '6 streamable http https://api.example.com/mcp',
        '7 events sse http://gemini.example.com:8080/sse',
    ]],
    ['kiro', 'kiro.json', [
      '3 aws-docs stdio pypi:awslabs-aws-documentation-mcp-server approves:read_documentation', '7 fetch stdio pypi:mcp-server-fetch off',
    ]],
    ['continue', 'continue.yaml', ['9 SQLite stdio npm:mcp-sqlite', '15 Remote http https://continue.example/mcp']],
    ['goose', 'goose.yaml', ['9 fetch stdio pypi:mcp-server-fetch@2025.4.7', '17 remote http https://goose.example/mcp off']],
    ['amp', 'amp.json', ['1 semgrep http https://mcp.semgrep.ai/mcp', '1 linter stdio amp-lint']],
    ['crush', 'crush.json', ['4 files stdio node /opt/crush/files.js', '5 gh http https://api.githubcopilot.com/mcp/ off']],
    ['openhands', 'openhands.toml', ['6 fetch stdio pypi:mcp-server-fetch', '5 #0 http https://one.example/sse', '5 #1 http https://two.example/sse']],
    ['librechat', 'librechat.yaml', ['5 everything sse http://librechat.example:3001/sse', '9 obsidian stdio npm:mcp-obsidian']],
    ['mistral-vibe', 'mistral-vibe.toml', ['3 fetch_server stdio pypi:mcp-server-fetch', '3 my_http_server http http://localhost:8000/mcp']],
  ])('%s: %s', (client, file, expected) => {
    const { servers, unread } = fixture(client, file);
    expect(servers.map(summary)).toEqual([...expected]);
    expect(unread).toEqual([]);
  });

  test('values stand as they are, references as references', () => {
    const [context7, figma] = fixture('codex', 'codex.toml').servers;
    expect(context7).toMatchObject({ env: { LOCAL_TOKEN: '${LOCAL_TOKEN}', MY_ENV_VAR: 'fixture-key-0007' }, at: ['mcp_servers', 'context7'] });
    expect(figma?.headers).toEqual({ 'X-Figma-Region': 'us-east-1', 'X-Figma-User': '${FIGMA_USER}', Authorization: 'Bearer ${FIGMA_OAUTH_TOKEN}' });
    expect(fixture('zed', 'zed.json').servers[1]).toMatchObject({ command: ['/opt/zed/old-server', '--stdio'], env: { OLD_TOKEN: 'fixture-key-0004' } });
    expect(fixture('goose', 'goose.yaml').servers[0]?.env).toEqual({ FETCH_KEY: '${FETCH_KEY}' });
    expect(fixture('continue', 'continue.yaml').servers[1]?.headers).toEqual({ Authorization: 'Bearer ${{ secrets.REMOTE_KEY }}' });
    expect(fixture('crush', 'crush.json').servers[0]?.env['T']).toBe('$(cat /run/secrets/t)');
  });

  test('a bundle of Claude Desktop is known by its manifest, and starts from its own folder', () => {
    const { servers } = fixture('claude-desktop', 'claude-desktop-manifest.json', { scope: 'extension' });
    expect(servers).toMatchObject([{
      name: 'file-search', command: ['node', '/f/server/index.js'], runs: { runs: { kind: 'package', ecosystem: 'mcpb', name: 'file-search',
        version: '1.4.0' } },
    }]);
  });

  test('Docker’s toolkit: names that are switched on, by the images that its catalogue has for them', () => {
    const images = imagesIn({ registry: { github: { image: 'ghcr.io/x/github@sha256:1' }, notion: { remote: { url: 'https://mcp.notion.com/mcp' } } } });
    const { servers } = readFileOf('registry:\n  github:\n    ref: ""\n  notion: {}\n  other: {}\n', source('docker-mcp-toolkit', 'registry.yaml'), images);
    expect(servers.map(summary)).toEqual([
      '3 github stdio oci:ghcr.io/x/github@sha256:1', '4 notion http https://mcp.notion.com/mcp', '5 other stdio oci:docker.io/mcp/other',
    ]);
  });

  test('ToolHive: an image, or an address', () => {
    expect(read('toolhive', '{"name":"gh","image":"ghcr.io/x/y:1","env_vars":{"A":"b"}}').servers.map(summary)).toEqual(['1 gh stdio oci:ghcr.io/x/y@1']);
    expect(read('toolhive', '{"name":"r","remote_url":"https://x.example/mcp"}').servers.map(summary)).toEqual(['1 r http https://x.example/mcp']);
  });

  test('a package that the entry has fetched from elsewhere is not the one of that name', () => {
    const entry = { command: 'npx', args: ['-y', 'good@1.0.0'], env: { NPM_CONFIG_REGISTRY: 'https://evil.example/' } };
    expect(read('cursor', JSON.stringify({ mcpServers: { a: entry } })).servers.map(summary)).toEqual(['1 a stdio npm:https://evil.example/good@1.0.0']);
  });

  test('Gemini CLI: an address without a type is HTTP+SSE', () => {
    const text = '{"mcpServers":{"a":{"url":"https://a.example/x"},"b":{"httpUrl":"https://b.example/x"},"c":{"url":"https://c.example/x","type":"http"}}}';
    expect(read('gemini-cli', text).servers.map(({ transport }) => transport)).toEqual(['sse', 'http', 'http']);
    expect(read('cursor', text).servers.map(({ transport }) => transport)).toEqual(['http', 'http', 'http']);
  });

  test('other forms: a map without a root, a list, Continue’s older one', () => {
    expect(read('claude-code', '{"a":{"command":"x"},"b":{"type":"http","url":"https://b.example"}}').servers).toHaveLength(2);
    expect(read('continue', '{"experimental":{"modelContextProtocolServers":[{"transport":{"type":"stdio","command":"x"}}]}}').servers.map(summary))
      .toEqual(['1 #0 stdio x']);
    expect(read('unknown', '{"context_servers":{"a":{"command":"x"}}}').servers).toHaveLength(1);
  });
});

describe('what is no server', () => {
  test.each<[string, string, string]>([
    ['vscode', '{"servers":{"db":{"host":"x","port":1}},"extensions":{"recommendations":["a"]}}', 'settings.json'],
    ['goose', 'extensions:\n  developer: { type: builtin, enabled: true }\n', 'config.yaml'],
    ['opencode', '{"model":"x","command":{"test":{"template":"run"}}}', 'opencode.json'],
    ['claude-code', '{"name":"x","version":"1","scripts":{"start":"node a"}}', '.mcp.json'],
    ['openhands', '[tool]\ncommand = "x"\n[mcp]\nport = 1\n', 'config.toml'],
    ['crush', '{"mcp":"off"}', 'crush.json'],
    ['cursor', '', 'mcp.json'], ['cursor', '[]', 'mcp.json'], ['cursor', 'null', 'mcp.json'], ['continue', 'mcpServers: 3', 'config.yaml'],
  ])('%s: %s', (client, text, file) => {
    expect(read(client, text, file)).toEqual({ servers: [], unread: [] });
  });
});

function names({ servers }: ReadServers): readonly string[] {
  return servers.map(({ name }) => name);
}

describe('what is broken', () => {
  test('one broken entry, comma, table or alias hides no other, and is said with its line', () => {
    const json = read('cursor', '{"mcpServers":{\n"a":{"command":"x"},\n"b":3,\n"c":{},\n"d":{"command":"y"}\n');
    expect(names(json)).toEqual(['a', 'd']);
    expect(json.unread.map(({ name, line }) => [name, line])).toEqual([['', 6], ['', 6], ['b', 3], ['c', 4]]);
    const toml = read('codex', '[mcp_servers.a]\ncommand = "x"\n[broken\nx =\n[mcp_servers.b]\ncommand = "y"\n', 'config.toml');
    expect([names(toml), toml.unread]).toEqual([['a', 'b'], [{ name: '', line: 3, reason: expect.stringContaining('broken') }]]);
    const yaml = read('continue', 'mcpServers:\n  - name: a\n    command: x\n  - name: b\n    command: "y\n', 'config.yaml');
    expect(names(yaml)).toContain('a');
    expect(yaml.unread.length).toBeGreaterThan(0);
  });

  test('a name that stands twice hides none of both', () => {
    const text = '{"mcpServers":{"a":{"command":"evil"},"a":{"command":"fine"}},"mcpServers":{"b":{"command":"other"}}}';
    const { servers, unread } = read('cursor', text);
    expect(servers.map(({ command }) => command.join(' ')).toSorted()).toEqual(['evil', 'fine', 'other']);
    expect(unread).toHaveLength(2);
    expect(names(read('codex', '[mcp_servers.a]\ncommand = "x"\n[mcp_servers.a]\ncommand = "y"\n', 'config.toml'))).toEqual(['a', 'a']);
  });

  test('nothing that a file holds is in what is said of it', () => {
    const secret = 'hunter2-hunter2-hunter2';
    for (const [file, text] of [
      ['a.json', `{"mcpServers":{"a":{"env":"${secret}","command":"x"},"b":"${secret}", ${secret}`], ['a.toml', `x = ${secret}\n[mcp_servers.a]\n"${secret}`],
      ['a.yaml', `a: "${secret}\nb: *${secret}\n`],
    ] as const) {
      const { unread } = read('unknown', text, file);
      expect(unread.length).toBeGreaterThan(0);
      expect(JSON.stringify(unread)).not.toContain(secret);
    }
  });

  test('hostile shapes end soon: depth, width, names of prototypes', () => {
    expect(read('cursor', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`).unread).toHaveLength(1);
    expect(read('continue', `a: ${'['.repeat(5_000)}`, 'a.yaml').unread.length).toBeGreaterThan(0);
    const indented = Array.from({ length: 3_000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n');
    expect(read('continue', indented, 'a.yaml').servers).toEqual([]);
    const names20k = Array.from({ length: 20_000 }, (_, at) => `k${at}: x`).join('\n');
    expect(read('continue', names20k, 'a.yaml').servers).toEqual([]);
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`s${at}`, { command: 'x' }]));
    expect(read('cursor', JSON.stringify({ mcpServers: wide }))).toMatchObject({ servers: { length: 1_000 },
      unread: [{ reason: expect.stringContaining('19000 servers more') }] });
    expect(names(read('cursor', '{"mcpServers":{"__proto__":{"command":"x"},"constructor":{"command":"y"}}}')).toSorted()).toEqual(['__proto__',
      'constructor']);
    expect(read('unknown', '&a [*a, *a]', 'a.yaml').servers).toEqual([]);
  });
});

function risksIn(entry: object, mode?: number): readonly string[] {
  const { servers } = read('cursor', JSON.stringify({ mcpServers: { a: entry } }));
  return servers.flatMap((server) => risksOf(server, mode === undefined ? {} : { mode }));
}

describe('risks', () => {
  test.each<[object, readonly string[]]>([
    [{ command: 'npx', args: ['-y', 'x'] }, ['remote-fetch', 'unpinned']], [{ command: 'npx', args: ['-y', 'x@1.0.0'] }, ['remote-fetch']],
    [{ command: 'npx', args: ['-y', 'x@^1'] }, ['remote-fetch', 'unpinned']], [{ command: 'docker', args: ['run', 'x/y:1'] }, ['remote-fetch', 'unpinned']],
    [{ command: 'docker', args: ['run', `x/y@sha256:${'0'.repeat(64)}`] }, ['remote-fetch']], [{ command: 'node', args: ['/srv/node_modules/x/a.js'] }, []],
    [{ command: 'x', env: { API_KEY: 'abcd-efgh' } }, ['secret-in-clear']], [{ command: 'x', env: { API_KEY: '${API_KEY}' } }, []],
    [{ command: 'x', args: ['--token', 'abcd-efgh'] }, ['secret-in-clear']], [{ command: 'x', args: ['--api-key=abcd-efgh'] }, ['secret-in-clear']],
    [{ url: 'https://x.example/mcp?api_key=abcd' }, ['secret-in-clear']], [{ url: 'https://x.example', headers: { Authorization: 'Bearer abcdef' } },
      ['secret-in-clear']],
    [{ url: 'http://x.example/mcp' }, ['cleartext']], [{ url: 'http://localhost:1/mcp' }, []], [{ command: 'sh', args: ['-c', 'curl x | sh'] }, ['shell']],
    [{ command: 'x', args: ['/'] }, ['broad-folder']], [{ command: 'x', args: ['/home/ana'] }, ['broad-folder']], [{ command: 'x', args: ['/home/ana/docs'] },
      []],
    [{ command: 'x', args: ['C:\\'] }, ['broad-folder']], [{ command: 'docker', args: ['run', '-v', '/:/host', `x@sha256:${'0'.repeat(64)}`] },
      ['remote-fetch', 'broad-folder']],
    [{ command: 'x', autoApprove: ['*'] }, ['auto-approve']], [{ command: 'x', alwaysAllow: ['a'] }, ['auto-approve']], [{ command: 'x', trust: true },
      ['auto-approve']],
  ])('%j', (entry, risks) => {
    expect(risksIn(entry)).toEqual([...risks]);
  });

  test('who else may read a secret, and a client that has ended', () => {
    expect(risksIn({ command: 'x', env: { API_KEY: 'abcd-efgh' } }, 0o100644)).toEqual(['secret-in-clear', 'readable-by-others']);
    expect(risksIn({ command: 'x', env: { API_KEY: 'abcd-efgh' } }, 0o100600)).toEqual(['secret-in-clear']);
    const [roo] = read('roo-code', '{"mcpServers":{"a":{"command":"x"}}}').servers;
    expect(roo === undefined ? [] : risksOf(roo, {})).toEqual(['end-of-life']);
  });
});

test('the table names 75 clients once, and no place twice for one of them', () => {
  expect(CLIENT_TABLE).toHaveLength(75);
  expect(new Set(CLIENT_TABLE.map(({ id }) => id)).size).toBe(75);
  for (const { user, project, managed, extension } of CLIENT_TABLE) {
    const all = [...user, ...project, ...managed, ...extension];
    expect(new Set(all).size).toBe(all.length);
  }
});
