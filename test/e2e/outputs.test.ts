import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { stringAt } from './asking.ts';

/* What servers answer against what was approved of them: the pinned output schema, a size of one's own, and the sizes that hold for all. */

const OUTPUT = { type: 'object', properties: { total: { type: 'integer', maximum: 100 } }, required: ['total'], additionalProperties: false };
const LONG = 'so many different words, numbered one by one: ';
let server: RecordingServer;
let gate: Gate;
let token: string;
let result: JsonObject = {};

beforeAll(async () => {
  server = startRecordingServer({
    says: { tools: [toolNamed('sum', { outputSchema: OUTPUT })] },
    answer: ({ method, id }) => (method === 'tools/call' ? Response.json({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } }) : undefined),
  });
  const place = `url: "${server.url}", allowPrivate: true, owner: o@example.com`;
  gate = await startGate({
    manifest: `servers:\n  held: { ${place} }\n  seen: { ${place} }\n  unseen: { ${place} }\ndetect:
  resultCharsMax: 2048
  servers: { unseen: { detectors: { schema: off, cost: off } } }
`,
    policy: `
permit(principal, action == Action::"call_tool", resource);
@id("as-approved") forbid(principal, action == Action::"respond", resource in Server::"held")
when { context.findings.containsAny(["schema/result", "schema/missing", "cost/size"]) };
@id("same-elsewhere") forbid(principal, action == Action::"respond", resource in Server::"unseen")
when { context.findings.containsAny(["schema/result", "schema/missing", "cost/size"]) };
`,
  });
  await gate.enrol('held', 'seen', 'unseen');
  token = await gate.token();
});
afterAll(async () => {
  await gate.stop();
  await server.stop();
});

const call = (to: string): Promise<Called> => callTool(`${gate.url}/mcp/${to}`, token, 'sum', { text: 'x' });
const last = async (event: string): Promise<JsonObject> => (await gate.records({ event })).at(-1) ?? {};
const text = (said: string): JsonObject => ({ content: [{ type: 'text', text: said }] });

test('what keeps to the schema passes', async () => {
  result = { ...text('42'), structuredContent: { total: 42 } };
  expect((await call('held')).result).toMatchObject({ structuredContent: { total: 42 } });
});

test.each<[string, string, JsonObject]>([
  ['of another type', 'schema/result', { ...text('x'), structuredContent: { total: 'all' } }],
  ['beyond its bounds', 'schema/result', { ...text('x'), structuredContent: { total: 101 } }],
  ['with more than is declared', 'schema/result', { ...text('x'), structuredContent: { total: 1, html: '<img src=//evil.example>' } }],
  ['without what is promised', 'schema/missing', text('x')],
  ['longer than the space has it', 'cost/size',
    { ...text(Array.from({ length: 60 }, (_, at) => `${LONG}${at}`).join(' ')), structuredContent: { total: 1 } }],
])('an answer %s is a finding, policy\'s to withhold; where the detector is off, nobody finds it', async (_, rule, odd) => {
  result = odd;
  expect((await call('held')).code).toBe('ERR_POLICY_DENIED');
  const withheld = await last('result.withheld');
  const isBroken = rule === 'schema/result';
  expect(withheld['policies']).toEqual([...(isBroken ? ['default/pinned-schema'] : []), 'as-approved']);
  const [detector = '', name = ''] = rule.split('/');
  expect(withheld['findings']).toContainEqual(expect.objectContaining({ detector, rule: name }));
  // Elsewhere the policy that ships alone says what is withheld.
  expect((await call('seen')).code).toBe(isBroken ? 'ERR_POLICY_DENIED' : undefined);
  expect((await last(isBroken ? 'result.withheld' : 'result.delivered'))['findings']).toContainEqual(expect.objectContaining({ detector, rule: name }));
  expect((await call('unseen')).code).toBeUndefined();
  const unseen = (await last('result.delivered'))['findings'] ?? [];
  expect(unseen).not.toContainEqual(expect.objectContaining({ detector, rule: name }));
});

test('more text than is ever looked at is refused by the policy that ships, whatever the space says', async () => {
  result = { content: Array.from({ length: 5 }, (_, at) => ({ type: 'text', text: `${at}`.repeat(1024 * 1024) })), structuredContent: { total: 1 } };
  const { code } = await call('seen');
  expect(code).toBe('ERR_INSPECTION_INCOMPLETE');
  expect(stringAt(await last('result.withheld'), 'event')).toBe('result.withheld');
});
