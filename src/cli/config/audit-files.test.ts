import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { command } from '../config.ts';
import { filesToAudit } from './audit-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-files-'));
  const folders = ['.cursor/rules/deep/er', '.vscode', '.claude/skills/one', '.claude/skills/node_modules/x', 'elsewhere'];
  for (const path of folders) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, '.vscode/mcp.json'), '{"servers":{}}', { mode: 0o600 });
  const texts = [
    '.cursor/rules/a.mdc', '.cursor/rules/deep/er/b.md', '.cursor/rules/c.png', '.claude/skills/one/SKILL.md', 'elsewhere/CLAUDE.md', 'README.md',
    '.claude/skills/node_modules/x/y.md', '.cursor/rules/n\n\u001b[31mred.mdc',
  ];
  for (const path of texts) writeFileSync(join(folder, path), 'Use two spaces.\n', { mode: 0o600 });
  Bun.spawnSync(['mkfifo', join(folder, '.mcp.json'), join(folder, 'CLAUDE.md'), join(folder, '.cursor/rules/f.mdc')]);
  symlinkSync('/dev/zero', join(folder, 'AGENTS.md'));
  symlinkSync(join(folder, 'elsewhere/CLAUDE.md'), join(folder, 'GEMINI.md'));
  symlinkSync('loop', join(folder, '.cursor/mcp.json'));
  symlinkSync('mcp.json', join(folder, '.cursor/loop'));
  symlinkSync(folder, join(folder, '.cursor/rules/again'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('what steers agents in a project is found once, also where it is a link; no folder is entered by one', async () => {
  const { files, unseen } = await filesToAudit([folder], { env: {}, cwd: folder });
  const instructions = files.filter(({ use }) => use === 'instructions').map(({ path }) => relative(folder, path)).toSorted();
  expect(instructions).toEqual([
    '.claude/skills/one/SKILL.md', '.cursor/rules/a.mdc', '.cursor/rules/deep/er/b.md', '.cursor/rules/f.mdc', '.cursor/rules/n\n\u001b[31mred.mdc',
    'AGENTS.md', 'CLAUDE.md', 'GEMINI.md',
  ]);
  expect(files.filter(({ use }) => use === 'servers').map(({ path, client }) => [relative(folder, path), client])).toEqual(expect.arrayContaining([
    ['.mcp.json', 'claude-code'], ['.cursor/mcp.json', 'cursor'], ['.vscode/mcp.json', 'vscode'],
  ]));
  expect(unseen).toEqual([]);
});

test('pipes, devices and links that go in circles are said to be no files, and nobody waits for them', async () => {
  let out = '';
  const io = {
    env: { HOME: folder, SALLYPORT_HOME: join(folder, 'home') }, cwd: folder, interactive: false, out: (text: string) => (out += text), note: () => undefined,
    confirm: async () => false, signal: new AbortController().signal,
  };
  expect(await command.run(['audit', folder, '--json'], io)).toBe(4);
  const unread = [...out.matchAll(/"rule": "file\/unread",[^}]*?"from": "([^"]+)"/g)].map(([, file = '']) => relative(folder, file));
  expect(unread.toSorted()).toEqual(['.cursor/mcp.json', '.cursor/rules/f.mdc', '.mcp.json', 'AGENTS.md', 'CLAUDE.md']);
  expect(out).not.toContain('\u001b');
});
