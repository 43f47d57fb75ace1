import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callOf } from '../verbs.ts';
import { logs } from './logs.ts';

const folder = mkdtempSync('/tmp/sp-logs-');
afterAll(() => rmSync(folder, { recursive: true }));

async function discover(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly notes: string }> {
  const said = { out: '', notes: '' };
  const io = {
    env: {}, cwd: folder, interactive: false, signal: AbortSignal.timeout(20_000), confirm: async () => false,
    out: (text: string) => void (said.out += text), note: (line: string) => void (said.notes += `${line}\n`),
  };
  const code = await logs.run(callOf(logs, ['--home', join(folder, 'home'), ...args], logs.options, io));
  return { code, ...said };
}

const SQUID = '1763900000.123    345 10.0.0.5 TCP_TUNNEL/200 4567 CONNECT mcp.linear.app:443 alice HIER_DIRECT/1.2.3.4 -\n';

test('logs are read without a gate: for people, for machines, with what could not be read', async () => {
  writeFileSync(join(folder, 'squid.log'), SQUID);
  const people = await discover('squid.log');
  expect(people).toMatchObject({ code: 0, out: expect.stringContaining('mcp.linear.app') });
  const machines = await discover('squid.log', 'absent.log', '--json');
  expect(machines.code).toBe(4);
  expect(JSON.parse(machines.out)).toMatchObject({ assets: [{ keys: ['host:mcp.linear.app'], sensors: ['log'] }], unseen: [{ reason: "it can't be read" }] });
  expect(machines.notes).toContain('absent.log');
});

test('what strangers wrote into logs steers no terminal', async () => {
  const name = 'evil\u001b]0;owned\u0007\u202e\n.log';
  writeFileSync(join(folder, name), JSON.stringify({
    ts: 1_763_900_000, uid: 'C', trans_depth: 1, method: 'POST', host: 'a.example', uri: '/\u001b[2J\u202e/mcp', status_code: 200,
    username: 'ann\u001b[31m\u009b',
    user_agent: 'mcp-remote/\u001b[2J\u200b',
  }));
  for (const { code, out, notes } of [await discover(name), await discover(name, '--json'), await discover(name, '--format', 'eve\u001b[2J')]) {
    expect(code === 0 || code === 4).toBe(true);
    expect(`${out}${notes}`.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
});

test('it says how it is typed', () => {
  return expect(discover()).rejects.toMatchObject({ code: 'ERR_USAGE' });
});
