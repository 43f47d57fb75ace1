import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { callTool } from '../../test/fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../../test/fixtures/recording-server.ts';

let server: RecordingServer;
let gate: Gate;
let token: string;

beforeAll(async () => {
  server = startRecordingServer({ says: { tools: [toolNamed('plain')] } });
  const credentials = 'credentials: { type: header, header: x-upstream-key, secret: "vault:notes", owner: tests }';
  gate = await startGate({
    policy: 'permit(principal, action, resource);\n',
    manifest: `servers:\n  notes: { url: "${server.url}", allowPrivate: true, owner: tests, ${credentials} }\n`,
  });
  await gate.admin('PUT', '/vault/notes', { value: 'first' });
  await gate.enrol('notes');
  token = await gate.token();
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

async function shown(): Promise<string | undefined> {
  await callTool(`${gate.url}/mcp/notes`, token, 'plain', {});
  return server.effects().at(-1)?.headers['x-upstream-key'];
}

test('one release serves many calls, each release has its record, and each record a permitted call', async () => {
  for (let call = 0; call < 5; call += 1) expect(await shown()).toBe('first');
  const released = await gate.records({ event: 'credential.released' });
  expect(released.length).toBeGreaterThanOrEqual(1);
  expect(released.length).toBeLessThan(5);
  const permitted = new Set((await gate.records({ event: 'call.permitted' })).map((record) => record['exchange']));
  for (const record of released) expect(permitted.has(record['exchange'] ?? '')).toBe(true);
});

test('a secret that was revoked is not shown any more, though its lease has not ended', async () => {
  expect(await shown()).toBe('first');
  await gate.admin('POST', '/vault/notes/rotate', { value: 'second', revokeOld: true });
  let key = await shown();
  // The lease that says so is on its way; the one of the credential would last for minutes.
  while (key !== 'second') key = await shown();
  expect(key).toBe('second');
  for (let call = 0; call < 3; call += 1) expect(await shown()).toBe('second');
}, 30_000);
