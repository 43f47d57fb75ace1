import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { modernRequest, readCalled, type Called } from '../../test/fixtures/modern-call.ts';
import { startRecordingServer, type RecordingServer } from '../../test/fixtures/recording-server.ts';

let server: RecordingServer;
let gate: Gate;
let token: string;

beforeAll(async () => {
  server = startRecordingServer();
  gate = await startGate({
    manifest: `servers:\n  notes: { url: "${server.url}", allowPrivate: true, owner: o@example.com }\n`,
    policy: `
      permit(principal, action == Action::"call_tool", resource == Tool::"notes/read_note")
        unless { context.arguments has count && context.arguments.count.greaterThan(decimal("10.0")) };
      permit(principal, action == Action::"call_tool", resource == Tool::"notes/write_note") when { context.arguments has text };
    `,
  });
  await gate.enrol('notes');
  token = await gate.token();
});

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

async function call(name: string, more: JsonObject): Promise<Called> {
  const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
  const response = await fetch(`${gate.url}/mcp/notes`, modernRequest(token, 'tools/call', { name, ...more, _meta }));
  return readCalled(response.status, await response.text());
}

test('a call without arguments has none for a policy that reads an optional one: it is judged, not unknown', async () => {
  expect((await call('read_note', {})).result).toBeDefined();
  expect((await call('read_note', { arguments: {} })).result).toBeDefined();
  expect((await call('read_note', { arguments: { count: 11 } })).code).toBe('ERR_POLICY_DENIED');
});

test('what needs an argument is denied to a call without any', async () => {
  expect((await call('write_note', {})).code).toBe('ERR_POLICY_DENIED');
  expect((await call('write_note', { arguments: { text: 'a' } })).result).toBeDefined();
});
