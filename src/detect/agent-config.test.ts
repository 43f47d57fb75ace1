import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { detector } from './agent-config.ts';
import type { Json } from '../domain/json.ts';

test('whoever writes what agents and shells read decides what runs next; whoever reads it only looks', () => {
  for (const path of ['~/.cursor/mcp.json', '/repo/.claude/settings.json', 'C:\\Users\\a\\AppData\\Roaming\\Claude\\claude_desktop_config.json',
      '.mcp.json', 'AGENTS.md',
    'repo/./CLAUDE.md', '.github/copilot-instructions.md', 'a/../.cursorrules', '%2ecursor/mcp.json']) {
    expect({ path, found: wrote({ path }) }).toEqual({ path, found: ['agent-file'] });
  }
  for (const path of ['~/.bashrc', '.git/hooks/pre-commit', '.vscode/tasks.json', '.github/workflows/ci.yml', '/etc/cron.d/x', '~/.ssh/authorized_keys']) {
    expect({ path, found: wrote({ path }) }).toEqual({ path, found: ['startup-file'] });
  }
  expect(wrote({ command: 'echo "alias ls=x" >> ~/.bashrc' }, 'run')).toEqual(['startup-file']);
  expect(wrote({ command: 'cp evil.json ~/.cursor/mcp.json' }, 'run')).toEqual(['agent-file']);
  expect(wrote({ code: 'open("/home/a/.claude/settings.json", "w").write(x)' }, 'run')).toEqual(['agent-file']);
  expect(wrote({ path: '~/.cursor/mcp.json' }, 'read_file')).toEqual(['read']);
  for (const path of ['README.md', 'src/mcp.ts', 'notes/agents-guide.txt', 'config.json']) expect({ path, found: wrote({ path }) }).toEqual({ path,
      found: [] });
  expect(wrote({ command: 'cat ~/.bashrc' }, 'run')).toEqual([]);
  expect(wrote({ message: 'I edited AGENTS.md and .cursor/mcp.json' })).toEqual([]);
});

function wrote(json: Json, name = 'write_file'): readonly string[] {
  return rulesOf(detector, json, { name });
}
