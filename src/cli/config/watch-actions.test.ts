import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '../../client-files/watch/watcher.ts';
import { Killing } from './watch-actions.ts';

const home = mkdtempSync('/tmp/sp-killing-');
const running: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL');
    await child.exited;
  }
  rmSync(home, { recursive: true, force: true });
});

test('a server that started long before its file was seen changed is ended, where the file may have been changed by then', async () => {
  const asBeforeAt = Date.now();
  const child = Bun.spawn(['sleep', '4712.5'], { stdio: ['ignore', 'ignore', 'ignore'] });
  running.push(child);
  const [path, uid] = [join(home, 'mcp.json'), process.getuid?.() ?? 0];
  const change = (name: string, seconds: string): Change => ({
    path, before: undefined, isBack: false, asBeforeAt, seenAt: Date.now() + 10_000,
    after: { path, role: 'servers', client: 'cursor', kind: 'file', digest: '', mode: 0o600, uid, gid: 0, entries: [], settings: {} },
    bytes: Buffer.from(JSON.stringify({ mcpServers: { build: { command: 'sleep', args: [seconds] } } })),
    differences: [{ file: path, server: name, what: 'command', severity: 'critical' }],
  });
  const killing = new Killing();
  expect(killing.add(change('another', '4712.5'))).toBe(false);
  expect(killing.look().ended).toBe(0);
  expect(killing.add(change('build', '4712.5'))).toBe(true);
  expect(killing.look()).toMatchObject({ ended: 1, differences: [{ server: 'build' }] });
  await child.exited;
  expect(child.signalCode).toBe('SIGKILL');
});
