import { describe, expect, test } from 'bun:test';
import { clientFiles, clientNamed } from '../client-files/clients.ts';
import { readText } from '../client-files/read/document.ts';
import { readServers } from '../client-files/read/servers.ts';
import { carriedBy } from '../client-files/runs/carriers.ts';
import { importServers } from './imported.ts';
import type { Import, ImportOptions } from './imported.ts';
import { formatManifest, parseManifest } from './manifest.ts';

const SECRET = 'sk-live-0123456789abcdef';

function importText(text: string, file: string, options: ImportOptions): Import {
  return importServers(readServers(readText(text, file), { client: 'unknown', file, scope: 'user' }), { carriedBy, ...options });
}

function read(value: unknown): Import {
  return importText(JSON.stringify(value), 'mcp.json', { owner: 'me' });
}

function one(entry: unknown): Import {
  return read({ mcpServers: { it: entry } });
}

describe('importServers', () => {
  test('what is declared already is not declared again under another name', () => {
    const text = JSON.stringify({ mcpServers: { crm: { url: 'https://crm.example/mcp' }, news: { url: 'https://news.example/mcp' } } });
    const declared = [{ id: 'crm', endpoint: 'https://crm.example/mcp' }];
    const found = importText(text, 'f', { owner: 'me', taken: ['crm'], declared });
    expect(found.servers.map(({ declaration }) => declaration.id)).toEqual(['news']);
    expect(found.skipped).toMatchObject([{ name: 'crm', code: 'ERR_CONFLICT', reason: 'it is declared already, as crm' }]);
  });

  test('~/.claude.json: user scope and the scopes of projects; the same server twice is one', () => {
    const found = read({
      mcpServers: { 'My Files': { command: 'npx', args: ['-y', 'files@1.2.3'] } },
      projects: {
        '/home/me/a': { mcpServers: { crm: { type: 'http', url: 'https://crm.example/mcp' }, again: { command: 'npx', args: ['-y', 'files@1.2.3'] } } },
        '/home/me/b': { mcpServers: { crm: { type: 'sse', url: 'https://other.example/sse' } }, allowedTools: [] },
      },
    });
    expect(found.servers.map(({ name, scope, declaration }) => [name, scope, declaration.id])).toEqual([
      ['My Files', 'user', 'my-files'], ['crm', '/home/me/a', 'crm'], ['crm', '/home/me/b', 'crm-2'],
    ]);
    expect(found.servers[2]?.declaration.endpoint).toMatchObject({ transport: 'sse' });
  });

  test('VS Code: servers, comments, trailing commas, BOM, settings.json in both spellings', () => {
    const text = '\ufeff{ // mine\n "servers": { "a": { "type": "stdio", "command": "node", "args": ["a.js",], }, }, "inputs": [] }';
    expect(importText(text, 'f', { owner: 'me' }).servers[0]?.declaration.endpoint).toMatchObject({ transport: 'stdio' });
    expect(read({ mcp: { servers: { a: { url: 'https://a.example' } } } }).servers).toHaveLength(1);
    expect(read({ 'mcp.servers': { a: { url: 'https://a.example' } } }).servers).toHaveLength(1);
    expect(read({ customizations: { vscode: { mcp: { servers: { a: { url: 'https://a.example' } } } } } }).servers).toHaveLength(1);
    expect(importText('', 'f', { owner: 'me' }).servers).toEqual([]);
  });

  test('secrets in env and headers become references and never appear', () => {
    const found = read({
      mcpServers: {
        local: { command: 'server', env: { API_KEY: SECRET, MODE: 'fast', FROM: '${HOME_TOKEN}', ASKED: '${input:key}', DEFAULTED: '${X:-y}' } },
        remote: { url: 'https://a.example/mcp', headers: { Authorization: `Bearer ${SECRET}` } },
        bridged: { command: 'npx', args: ['mcp-remote', 'https://b.example/mcp', '--header', 'Authorization:${AUTH}'], env: { AUTH: `Bearer ${SECRET}` } },
      },
    });
    expect(JSON.stringify(found)).not.toContain(SECRET);
    expect(found.servers[0]?.declaration.endpoint).toMatchObject({
      launch: { env: { API_KEY: 'env:LOCAL_API_KEY', MODE: 'fast', FROM: 'env:HOME_TOKEN', ASKED: 'env:LOCAL_ASKED', DEFAULTED: 'env:X' } },
    });
    expect(found.servers[1]?.declaration.credentials).toEqual({ type: 'header', header: 'Authorization', secret: 'env:REMOTE_AUTHORIZATION' });
    expect(found.servers[2]?.declaration).toMatchObject({ endpoint: { url: 'https://b.example/mcp' }, credentials: { secret: 'env:BRIDGED_AUTH' } });
    expect(found.secrets.map(({ reference }) => reference)).toEqual([
      'env:LOCAL_API_KEY', 'env:LOCAL_ASKED', 'env:REMOTE_AUTHORIZATION', 'env:BRIDGED_AUTH',
    ]);
  });

  test('a secret can be put away; nobody else gets the value', () => {
    const kept: string[] = [];
    const text = JSON.stringify({ mcpServers: { a: { command: 'server', env: { API_KEY: SECRET } } } });
    const found = importText(text, 'f', { owner: 'me', keep: (server, name, value) => (kept.push(value), `file:/secrets/${server}-${name}`) });
    expect(kept).toEqual([SECRET]);
    expect(found.servers[0]?.declaration.endpoint).toMatchObject({ launch: { env: { API_KEY: 'file:/secrets/a-API_KEY' } } });
  });

  test.each([
    [['npx', '-y', 'mcp-remote@latest', 'https://x.example/mcp'], 'http'],
    [['cmd', '/c', 'npx', 'mcp-remote', 'https://x.example/mcp', '--transport', 'sse-only'], 'sse'],
    [['npx', '-y', 'supergateway', '--sse', 'https://x.example/mcp'], 'sse'],
  ])('wrapper %j is unwrapped', (command, transport) => {
    expect(one({ command: command[0], args: command.slice(1) }).servers[0]?.declaration.endpoint).toEqual({
      transport: transport === 'sse' ? 'sse' : 'http', url: 'https://x.example/mcp', allowPrivate: false,
    });
  });

  test.each<[string, unknown, string]>([
    ['a package from elsewhere', { command: 'npx', args: ['--registry=https://x.example', 'server'] }, 'ERR_LAUNCH_FORBIDDEN'],
    ['a shell', { command: 'sh', args: ['-c', 'x'] }, 'ERR_LAUNCH_FORBIDDEN'],
    ['switched off', { command: 'server', disabled: true }, 'ERR_CONFIG_INVALID'],
    ['a secret in arguments', { command: 'server', args: ['--api-key', SECRET] }, 'ERR_CONFIG_INVALID'],
    ['a variable in arguments', { command: 'server', args: ['${workspaceFolder}'] }, 'ERR_CONFIG_INVALID'],
    ['a secret in the address', { url: `https://x.example/mcp?api_key=${SECRET}` }, 'ERR_CONFIG_INVALID'],
    ['a password in the address', { url: 'https://u:p@x.example/mcp' }, 'ERR_CONFIG_INVALID'],
    ['a socket', { url: 'unix:///x.sock' }, 'ERR_CONFIG_INVALID'],
    ['two headers', { url: 'https://x.example', headers: { A: SECRET, B: SECRET } }, 'ERR_CONFIG_INVALID'],
    ['itself', { command: '/usr/bin/sallyport', args: ['connect', 'x'] }, 'ERR_CONFIG_INVALID'],
    ['nothing', {}, 'ERR_CONFIG_INVALID'],
    ['no object', 'x', 'ERR_CONFIG_INVALID'],
  ])('%s is skipped with a reason', (_, entry, code) => {
    const { servers, skipped } = one(entry);
    expect(servers).toEqual([]);
    expect(skipped).toMatchObject([{ name: 'it', code }]);
    expect(skipped[0]?.remedy).toBeTruthy();
    expect(JSON.stringify(skipped)).not.toContain(SECRET);
  });

  test('a package without a version is left to whoever declares it, and is the one that is declared already', () => {
    const text = JSON.stringify({ mcpServers: { a: { command: 'npx', args: ['-y', '@s/server', '/srv'] } } });
    expect(importText(text, 'f', { owner: 'me' }).servers[0]?.declaration.endpoint).toMatchObject({ launch: { args: ['-y', '@s/server', '/srv'] } });
    const outcome = (command: readonly string[]): unknown =>
      importText(text, 'f', { owner: 'me', declared: [{ id: 'files', endpoint: 'node x', command }] }).skipped[0]?.code;
    expect(outcome(['npx', '-y', '@s/server@1.2.3', '/srv'])).toBe('ERR_CONFLICT');
    expect(outcome(['npx', '@s/server@1.2.3', '/srv'])).toBe('ERR_CONFLICT');
    expect(outcome(['npx', '-y', '@s/server@1.2.3', '/home'])).toBeUndefined();
    expect(outcome(['npx', '-y', '@s/other@1.2.3', '/srv'])).toBeUndefined();
    expect(outcome(['uvx', '@s/server@1.2.3', '/srv'])).toBeUndefined();
  });

  test('what is imported makes a manifest', () => {
    const { servers } = read({ mcpServers: { a: { command: 'server' }, b: { url: 'https://b.example', headers: { 'X-Key': SECRET } } } });
    const rest = { toolsets: [], roles: {}, bindings: [], policies: [], exceptions: [], findings: [] };
    const declared = servers.map(({ declaration }) => declaration);
    expect(parseManifest(formatManifest({ servers: declared, ...rest }), 'f').servers).toEqual(declared);
  });

  test('broken files and keys that stand twice are refused with their place', () => {
    expect(() => importText('{\n  "mcpServers": {,}\n}', 'f.json', { owner: 'me' })).toThrow('f.json:2:');
    expect(() => importText('{"mcpServers":{"a":{},"a":{}}}', 'f.json', { owner: 'me' })).toThrow('f.json:1:23: the key "a" stands twice');
    expect(() => importText('1', 'f.json', { owner: 'me' })).toThrow('not an object');
  });
});

test('where clients keep their files', () => {
  const around = { home: '/h', cwd: '/w', platform: 'linux' as const, env: {} };
  expect(clientFiles('claude-code', { ...around, env: { CLAUDE_CONFIG_DIR: '/c' } })).toEqual(['/c/.claude.json', '/w/.mcp.json']);
  expect(clientFiles('vscode', around)[0]).toBe('/h/.config/Code/User/mcp.json');
  expect(clientFiles('cursor', around)[0]).toBe('/h/.cursor/mcp.json');
  expect(clientFiles('copilot', around)[0]).toBe('/h/.copilot/mcp-config.json');
  expect(clientNamed('cursor')).toBe('cursor');
  expect(() => clientNamed('nope')).toThrow('no client');
});
