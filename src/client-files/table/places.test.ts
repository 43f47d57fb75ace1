import { expect, test } from 'bun:test';
import { alsoReading, placesOfHome, placesOfMachine, placesOfProject } from './places.ts';
import type { Home } from './places.ts';

function ofClient(client: string, home: Home): readonly string[] {
  return placesOfHome(home).filter((place) => place.client === client && place.use === 'servers').map(({ pattern }) => pattern);
}

test('a client has its files where each system has them', () => {
  const file = 'Claude/claude_desktop_config.json';
  expect(ofClient('claude-desktop', { folder: '/home/ana', platform: 'linux' })[0]).toBe(`/home/ana/.config/${file}`);
  expect(ofClient('claude-desktop', { folder: '/Users/ana', platform: 'darwin' })[0]).toBe(`/Users/ana/Library/Application Support/${file}`);
  expect(ofClient('claude-desktop', { folder: 'C:\\Users\\ana', platform: 'win32' })[0]).toBe(`C:/Users/ana/AppData/Roaming/${file}`);
  expect(ofClient('goose', { folder: '/mnt/c/Users/ana', platform: 'win32' })).toContain('/mnt/c/Users/ana/AppData/Roaming/Block/goose/config/config.yaml');
  expect(ofClient('copilot-jetbrains', { folder: 'C:/Users/ana', platform: 'win32' })).toContain('C:/Users/ana/AppData/Local/github-copilot/intellij/mcp.json');
  expect(ofClient('boltai', { folder: '/home/ana', platform: 'linux' })).toEqual([]);
});

test('variables move files for the person whose they are, and are nothing for others', () => {
  const env = { CLAUDE_CONFIG_DIR: '/elsewhere/', XDG_CONFIG_HOME: '/xdg', CODEX_HOME: '' };
  const own = { folder: '/home/ana', platform: 'linux', env } as const;
  expect(ofClient('claude-code', own)).toEqual(expect.arrayContaining(['/home/ana/.claude.json', '/elsewhere/.claude.json']));
  expect(ofClient('zed', own)).toEqual(['/xdg/zed/settings.json']);
  expect(ofClient('codex', own)).toEqual(['/home/ana/.codex/config.toml', '/home/ana/.codex/plugins/**/.mcp.json']);
  expect(ofClient('claude-code', { folder: '/home/bob', platform: 'linux' }).filter((pattern) => pattern.includes('elsewhere'))).toEqual([]);
});

test('what is the machine’s is under its root, and what is a project’s is relative', () => {
  expect(placesOfMachine('linux', '/mnt/image').map(({ pattern }) => pattern)).toContain('/mnt/image/etc/claude-code/managed-mcp.json');
  expect(placesOfMachine('win32').every(({ pattern }) => /^c:/i.test(pattern))).toBe(true);
  const project = placesOfProject();
  expect(project.every(({ pattern }) => !/^[/~<$]|:/.test(pattern))).toBe(true);
  expect(project.filter(({ pattern }) => pattern === '.mcp.json').map(({ client }) => client)).toEqual(['claude-code']);
  expect(alsoReading('.mcp.json')).toEqual(['visual-studio', 'github-copilot-cli']);
});
