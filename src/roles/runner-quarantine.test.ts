import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { callTool } from '../../test/fixtures/modern-call.ts';
import { LIMITS } from '../domain/limits.ts';
import { connectLink } from '../link/connect.ts';

const WORKS = `
  const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  for await (const line of console) {
    const { id, method } = JSON.parse(line);
    if (method === 'initialize') say({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    else if (method === 'tools/list') say({ id, result: { tools: [{ name: 'tell', inputSchema: { type: 'object' } }] } });
    else if (method === 'tools/call') say({ id, result: { content: [{ type: 'text', text: 'here' }] } });
    else if (id !== undefined) say({ id, error: { code: -32601, message: 'Method not found' } });
  }`;
const CRASHES = 'console.error("no configuration"); process.exit(1);';

/** More than the gate needs to look three times; it looks once a second. */
const TURNS_MAX = 400;

let folder: string;
let gate: Gate;
const becomes = (text: string): void => writeFileSync(join(folder, 'server.ts'), text);

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-crash-');
  becomes(WORKS);
  const command = JSON.stringify([process.execPath, join(folder, 'server.ts')]);
  gate = await startGate({
    manifest: `servers:\n  crashing: { command: ${command}, owner: tests }\n  other: { command: ${command}, owner: tests }\n`,
    policy: 'permit(principal, action, resource);\n',
  });
  await gate.enrol('crashing', 'other');
}, 30_000);
afterAll(async () => {
  await gate.stop();
  rmSync(folder, { recursive: true });
});

async function statusOf(server: string): Promise<unknown> {
  return (await gate.admin('GET', `/servers/${server}`))['status'];
}

async function release(server: string): Promise<void> {
  const { digest } = await gate.admin('GET', `/servers/${server}`);
  await gate.admin('POST', `/servers/${server}/approve`, { digest: digest ?? '' });
}

test('a server that crashes on start three times is in quarantine, whoever calls, until a person approves it', async () => {
  const calls = await Promise.all(['ann', 'ben', 'cat', 'dan'].map((name) => gate.token({ agent: name })));
  const call = (token: string): Promise<unknown> => callTool(`${gate.url}/mcp/crashing`, token, 'tell', {});
  becomes(CRASHES);
  // Whoever calls, and however long the gate waits between two looks at a server that doesn't answer.
  for (let turn = 0; turn < TURNS_MAX && await statusOf('crashing') !== 'quarantined'; turn += 1) {
    await call(calls[turn % 3] ?? '');
    await Bun.sleep(20);
  }
  expect(await gate.admin('GET', '/servers/crashing')).toMatchObject({ reason: 'it crashed on start again and again' });
  becomes(WORKS);
  expect(JSON.stringify(await call(calls[3] ?? ''))).toContain('ERR_SERVER_QUARANTINED');
  expect(await statusOf('other')).toBe('approved');
  await release('crashing');
  while (!JSON.stringify(await call(calls[3] ?? '')).includes('here')) await Bun.sleep(20);
}, 30_000);

test('a runner that was broken into stops no more servers than a few, says nothing of those that are not local, and releases none', async () => {
  const link = connectLink({ home: gate.home, self: 'runner', peer: 'control' });
  const say = (server: string): Promise<unknown> =>
    link.call('control.server-crashing', { space: 'default', server }).catch(({ code }: { code: string }) => code);
  expect(await say('no-such-server')).toEqual({});
  let stopped = 0;
  for (; stopped <= LIMITS.crashQuarantinesPerMinuteMax && await say('other') !== 'ERR_BUSY'; stopped += 1) {
    expect(await statusOf('other')).toBe('quarantined');
    await release('other');
  }
  expect(stopped).toBeLessThanOrEqual(LIMITS.crashQuarantinesPerMinuteMax);
  expect(await statusOf('other')).toBe('approved');
  link.close();
}, 60_000);
