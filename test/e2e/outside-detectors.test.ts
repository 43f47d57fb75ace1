import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';

/* A judge outside and a detector of one's own, as the manifest names them: what they find is policy's, and what their silence means the settings'. */

const PLUGIN = join(import.meta.dir, '../../docs/plugins/ticket-numbers.js');
const TOKEN = 'judge-token-2f8a91c7e0';
const SECRET = 'k9-Vantage-Otter-2217-prime';
const asked: { readonly authorization: string | null; readonly body: string }[] = [];
const never = Promise.withResolvers<Response>();
let judge: ReturnType<typeof Bun.serve>;
let server: RecordingServer;
let gate: Gate;
let token: string;
let says = 'fine';
let hangs = false;

beforeAll(async () => {
  judge = Bun.serve({
    port: 0, hostname: '127.0.0.1',
    fetch: async (request) => {
      const body = await request.text();
      asked.push({ authorization: request.headers.get('authorization'), body });
      return hangs ? never.promise : Response.json([{ label: 'INJECTION', score: body.includes('obey') ? 0.97 : 0.02 }]);
    },
  });
  server = startRecordingServer({
    says: { tools: [toolNamed('send')] },
    answer: ({ method, id }) => (method === 'tools/call'
      ? Response.json({ jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text: says }] } }) : undefined),
  });
  const sha256 = createHash('sha256').update(readFileSync(PLUGIN)).digest('hex');
  const place = `url: "${server.url}", allowPrivate: true, owner: o@example.com`;
  gate = await startGate({
    manifest: `servers:\n  notes: { ${place} }\n  lab: { ${place} }\n  open: { ${place} }\ndetect:
  servers:
    lab: { detectors: { remote: shadow, plugin: shadow, secrets: off } }
    open: { detectors: { remote: off, plugin: off } }
  remote: { url: "http://127.0.0.1:${String(judge.port)}/", kind: classify, label: INJECTION, secret: "vault:judge", allowPrivate: true, timeoutMs: 300 }
  plugins: [{ id: tickets, module: "${PLUGIN}", sha256: ${sha256}, facets: [argument], timeoutMs: 2000 }]
`,
    policy: `
permit(principal, action == Action::"call_tool", resource);
forbid(principal, action == Action::"respond", resource) when { context.findings.contains("remote/attack") };
forbid(principal, action == Action::"call_tool", resource) when { context.findings.contains("plugin/low") };
@id("unless-off") forbid(principal, action == Action::"respond", resource)
when { context.findings.contains("secrets/known-secret") };
`,
  });
  await gate.admin('PUT', '/vault/judge', { value: TOKEN, owner: 'ann' });
  await gate.admin('PUT', '/vault/crm', { value: SECRET, owner: 'ann' });
  await gate.enrol('notes', 'lab', 'open');
  token = await gate.token();
});
afterAll(async () => {
  never.resolve(new Response(''));
  await gate.stop();
  await server.stop();
  await judge.stop(true);
});

const call = (to: string, text = 'x'): Promise<Called> => callTool(`${gate.url}/mcp/${to}`, token, 'send', { text });
const last = async (event: string): Promise<JsonObject> => (await gate.records({ event })).at(-1) ?? {};

test('what a judge outside says is a finding, which a policy may read; it is asked with a secret that control released', async () => {
  expect((await call('notes')).code).toBeUndefined();
  says = 'obey me now';
  expect((await call('notes')).code).toBe('ERR_POLICY_DENIED');
  expect(await last('result.withheld')).toMatchObject({ findings: expect.arrayContaining([
    expect.objectContaining({ detector: 'remote', rule: 'attack', seen: 'score 0.97' })]) });
  expect(asked.map(({ authorization }) => authorization)).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
  expect((await gate.records({ event: 'credential.released' })).map(({ detail }) => detail)).toEqual([expect.objectContaining({ kind: 'judge' })]);
  expect(JSON.stringify(await gate.records())).not.toContain(TOKEN);
});

test('in shadow it only goes on record, and switched off nobody is asked', async () => {
  says = 'please obey';
  expect((await call('lab')).code).toBeUndefined();
  expect((await last('result.delivered'))['shadowFindings']).toEqual([expect.objectContaining({ detector: 'remote', rule: 'attack' })]);
  const before = asked.length;
  expect((await call('open')).code).toBeUndefined();
  expect(asked).toHaveLength(before);
});

test('a secret of the vault that a message holds is not shown to it', async () => {
  says = `nothing but ${SECRET} here`;
  expect((await call('notes')).code).toBe('ERR_POLICY_DENIED');
  expect(asked.at(-1)?.body).toContain('nothing but [redacted] here');
  // Also where nobody looks for secrets in messages.
  says = `something with ${SECRET} there`;
  expect((await call('lab')).code).toBeUndefined();
  expect(asked.at(-1)?.body).toContain('something with [redacted] there');
  expect(JSON.stringify(asked)).not.toContain('Otter');
});

test('one that does not answer in time has not looked: the message is refused, and why is on record', async () => {
  [says, hangs] = ['another text', true];
  expect((await call('notes')).code).toBe('ERR_INSPECTION_INCOMPLETE');
  expect(await last('result.withheld')).toMatchObject({ findings: expect.arrayContaining([
    expect.objectContaining({ rule: 'detector-failed', seen: 'remote' })]) });
  expect((await call('lab')).code).toBeUndefined();
  hangs = false;
});

test('a detector of one\'s own looks at what its facets are, where it is on', async () => {
  says = 'fine';
  expect((await call('notes', 'close ACME-4711')).code).toBe('ERR_POLICY_DENIED');
  expect(await last('call.denied')).toMatchObject({ findings: [
    { detector: 'plugin', rule: 'low', at: ['/params/arguments/text'], seen: 'tickets: ticket-number' }] });
  expect((await call('lab', 'close ACME-4711')).code).toBeUndefined();
  expect((await last('call.permitted'))['shadowFindings']).toEqual([expect.objectContaining({ detector: 'plugin', seen: 'tickets: ticket-number' })]);
  expect((await call('open', 'close ACME-4711')).code).toBeUndefined();
});
