import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeMemory } from '../../src/detect/anomaly/saved.ts';
import { isArray, isObject, type JsonObject } from '../../src/domain/json.ts';
import type { RunningGateway } from '../../src/roles/gateway.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { learnFortnight } from '../fixtures/learnt.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, type RecordingServer } from '../fixtures/recording-server.ts';
import { stringAt } from './asking.ts';
import { verifies } from './requirements.ts';

/** A replica that learnt for a fortnight, a burst of refused calls, and a policy that holds what is unusual. */
const POLICY = `permit(principal, action, resource);
@id("no-more-than-ten") forbid(principal, action == Action::"call_tool", resource == Tool::"notes/read_note")
  when { context.arguments has count && context.arguments.count.greaterThan(decimal("10.0")) };
@id("unusual") forbid(principal, action == Action::"call_tool", resource == Tool::"notes/write_note") when { context.findings.contains("anomaly/denials") };
@id("unscored") forbid(principal, action == Action::"call_tool", resource) when { context.findings.contains("anomaly/unscored") };`;

let server: RecordingServer;
let gate: Gate;
let learnt: RunningGateway;
let token: string;

beforeAll(async () => {
  server = startRecordingServer();
  gate = await startGate({ manifest: `servers:\n  notes: { url: "${server.url}", allowPrivate: true, owner: o@example.com }\n`, policy: POLICY });
  await gate.enrol('notes');
  token = await gate.token({ agent: 'desk' });
  await callTool(`${gate.url}/mcp/notes`, token, 'read_note', {});
  const [first] = await gate.records({ event: 'call.permitted', agent: 'desk' });
  const { memory } = learnFortnight(Date.now(), stringAt(first ?? {}, 'principal') ?? '', 'desk');
  mkdirSync(join(gate.home, 'gateway'), { recursive: true });
  writeFileSync(join(gate.home, 'gateway', 'anomaly-learnt.bin'), writeMemory(memory), { mode: 0o600 });
  writeFileSync(join(gate.home, 'gateway', 'anomaly-damaged.bin'), 'not what was written', { mode: 0o600 });
  learnt = await gate.replica('learnt');
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
}, 30_000);

const call = (name: string, args: JsonObject): Promise<Called> => callTool(`${learnt.url}/mcp/notes`, token, name, args);

test(verifies('anomalies-held', 'a burst of refusals is found, recorded with what was expected and seen, and what policy holds for it is denied'), async () => {
  expect((await call('write_note', { text: 'before' })).result).toBeDefined();
  for (let n = 0; n < 60; n += 1) expect((await call('read_note', { count: 11 + n })).code).toBe('ERR_POLICY_DENIED');
  expect((await call('read_note', { count: 1 })).result).toBeDefined();
  expect((await call('write_note', { text: 'after' })).code).toBe('ERR_POLICY_DENIED');

  const raised = (await gate.records({ event: 'finding.raised' })).flatMap(({ findings }) => (isArray(findings) ? findings.filter(isObject) : []));
  expect(raised.find(({ rule }) => rule === 'denials')).toMatchObject({
    detector: 'anomaly', expected: expect.any(String), seen: expect.stringContaining('refusals'), rarity: expect.any(Number),
  });
  const denied = (await gate.records({ event: 'call.denied', tool: 'write_note' })).at(-1);
  expect(denied).toMatchObject({ policies: ['unusual'], code: 'ERR_POLICY_DENIED' });
  const seen = isArray(denied?.['findings']) ? denied['findings'].filter(isObject).map(({ rule }) => rule) : [];
  expect(seen).toContain('denials');
}, 60_000);

test(verifies('anomalies-held', 'what was learnt is saved; a damaged file is learnt anew, on record, and denies nobody'), async () => {
  const other = await gate.replica('damaged');
  expect((await callTool(`${other.url}/mcp/notes`, token, 'write_note', { text: 'a' })).result).toBeDefined();
  const anew = (await gate.records({ event: 'finding.raised', node: 'damaged' }))[0];
  expect(anew).toMatchObject({ category: 'detection', findings: [{ rule: 'unscored', severity: 'medium' }] });
  await other.close();
  expect(existsSync(join(gate.home, 'gateway', 'anomaly-damaged.bin.new'))).toBe(false);
  const again = await gate.replica('damaged');
  expect((await gate.records({ event: 'finding.raised', node: 'damaged' })).length).toBe(1);
  await again.close();
}, 60_000);
