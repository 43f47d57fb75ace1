import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { callTool, modernRequest } from '../../test/fixtures/modern-call.ts';
import { startRecordingServer, type RecordingServer } from '../../test/fixtures/recording-server.ts';

/** A bound that no double holds, as servers with 64-bit integers write it. */
let maximum = '18446744073709551615';
let server: RecordingServer;
let gate: Gate;
let token: string;

beforeAll(async () => {
  server = startRecordingServer({
    answer: ({ method, id }) => {
      if (method !== 'tools/list') return undefined;
      const tool = `{"name":"count","inputSchema":{"type":"object","properties":{"n":{"type":"integer","maximum":${maximum}}}}}`;
      const result = `{"resultType":"complete","tools":[${tool}],"ttlMs":0,"cacheScope":"private"}`;
      return new Response(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`, { headers: { 'content-type': 'application/json' } });
    },
  });
  gate = await startGate({
    manifest: `servers:\n  counts: { url: "${server.url}", allowPrivate: true, owner: o@example.com }\n`,
    policy: 'permit(principal, action, resource);\n',
  });
  await gate.enrol('counts');
  token = await gate.token();
});

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

async function listed(): Promise<string> {
  const params = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } };
  return (await fetch(`${gate.url}/mcp/counts`, modernRequest(token, 'tools/list', params))).text();
}

test('a number that no double holds keeps its digits from the server to the client, and is no drift', async () => {
  expect(await listed()).toContain('"maximum":18446744073709551615');
  expect((await callTool(`${gate.url}/mcp/counts`, token, 'count', {})).result).toBeDefined();
  expect((await gate.admin('POST', '/servers/counts/scan', {}))['drift']).toEqual([]);
  expect(await gate.records({ event: 'drift.found' })).toEqual([]);
});

test('another number that a double would hold as the same is drift, seen by the gateway and by control alike', async () => {
  maximum = '18446744073709551614';
  expect((await gate.admin('POST', '/servers/counts/scan', {}))['drift']).toMatchObject([{ name: 'count', class: 'schema' }]);
  expect((await callTool(`${gate.url}/mcp/counts`, token, 'count', {})).code).toBe('ERR_PIN_DRIFT');
  expect(await gate.records({ event: 'drift.found' })).toMatchObject([{ server: 'counts', detail: { drift: [{ name: 'count', class: 'schema' }] } }]);
});
