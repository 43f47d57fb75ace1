import { afterAll, beforeAll, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isArray, isObject, type JsonObject } from '../../src/domain/json.ts';
import { connectV2 } from '../fixtures/clients.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { endOf, startProgram, type Ran } from '../fixtures/program.ts';
import { startRecordingServer, type RecordingServer } from '../fixtures/recording-server.ts';
import { stringAt } from './asking.ts';
import { verifies } from './requirements.ts';

/** One agent reads what is confidential and then wants to write it elsewhere; an analyst reads afterwards what happened. */
const POLICY = `permit(principal, action, resource);
@id("no-leak") forbid(principal, action == Action::"call_tool", resource in Server::"outbox")
  unless { ["public", "internal"].contains(context.contextConfidentiality) };`;

let vault: RecordingServer;
let outbox: RecordingServer;
let gate: Gate;
let context = '';

beforeAll(async () => {
  [vault, outbox] = [startRecordingServer(), startRecordingServer()];
  gate = await startGate({
    policy: POLICY,
    manifest: `servers:
  vault: { url: "${vault.url}", allowPrivate: true, owner: tests, labels: { confidentiality: confidential, categories: [pii], integrity: untrusted } }
  outbox: { url: "${outbox.url}", allowPrivate: true, owner: tests, labels: { confidentiality: public, integrity: trusted } }
`,
  });
  await gate.enrol('vault', 'outbox');
  const token = await gate.token({ agent: 'desk' });
  const [reader, writer] = [await connectV2(`${gate.url}/mcp/vault`, token), await connectV2(`${gate.url}/mcp/outbox`, token)];
  await reader.listTools();
  await writer.callTool({ name: 'write_note', arguments: { text: 'nothing yet' } });
  await reader.callTool({ name: 'read_note', arguments: { text: 'a' } });
  await writer.callTool({ name: 'write_note', arguments: { text: 'what was read' } }).catch(() => undefined);
  await Promise.all([reader.close(), writer.close()]);
  const [session] = objects((await gate.admin('GET', '/audit/sessions?agent=desk'))['sessions']);
  context = stringAt(session ?? {}, 'context') ?? '';
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await Promise.all([vault.stop(), outbox.stop()]);
});

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

async function asked(filter: string): Promise<readonly JsonObject[]> {
  return objects((await gate.admin('GET', `/audit/records?order=oldest&limit=1000&filter=${encodeURIComponent(filter)}`))['records']);
}

function cli(...args: readonly string[]): Promise<Ran> {
  return endOf(startProgram(['audit', ...args, '--home', gate.home], {}));
}

test(verifies('sessions-are-stories', 'a session is summed up: calls, denials, servers, the highest labels'), async () => {
  const { sessions } = await gate.admin('GET', '/audit/sessions?remarkable=true');
  expect(objects(sessions)).toContainEqual(expect.objectContaining({
    context, agent: 'desk', calls: 2, denials: 1, labels: { confidentiality: 'confidential', categories: ['pii'], untrusted: true },
    servers: expect.arrayContaining([expect.objectContaining({ server: 'outbox', calls: 1, denials: 1 }),
      expect.objectContaining({ server: 'vault', calls: 1 })]),
  }));
  const printed = await cli('sessions');
  expect(printed.out).toContain(context);
  expect(printed.out).toContain('confidential pii untrusted');
});

test(verifies('sessions-are-stories', 'it reads as a story: listed, called, received, what it carried then, what was denied and why'), async () => {
  const { code, out } = await cli('show', context);
  expect(code).toBe(0);
  const at = ['listed what vault offers', 'called outbox / write_note', 'called vault / read_note',
    'now carries confidential pii, untrusted (from vault / read_note)',
    'was denied the call of outbox / write_note'].map((words) => out.indexOf(words));
  expect(at.every((place) => place >= 0)).toBeTrue();
  expect(at.toSorted((one, other) => one - other)).toEqual(at);
  expect(out).toContain('by policy no-leak');
  expect(out).toContain('received');
  expect(out).not.toContain('what was read');
});

test(verifies('sessions-are-stories', 'the graph shows what may have flowed from server to server; the page has no script'), async () => {
  const text = await cli('show', context, '--graph');
  expect(text.out).toContain('vault ══(confidential pii, untrusted)══▶ outbox  0 calls, 1 denied');
  expect((await cli('show', context, '--format', 'mermaid')).out).toStartWith('flowchart LR');
  expect((await cli('show', context, '--format', 'dot')).out).toStartWith('digraph session {');
  const page = (await cli('show', context, '--format', 'html')).out;
  expect(page).toContain('<svg');
  expect(page).toContain('was denied the call of outbox / write_note');
  expect(page).not.toMatch(/<script|javascript:|https?:\/\/(?!www\.w3\.org)/i);
});

test(verifies('query-language', 'records are found by a filter, counted, and paged; a mistake is named with its column'), async () => {
  const denied = await cli('query', 'event = call.denied and server = outbox and tool ~ "write*" and at >= 2h', '--json');
  const { records }: { records: readonly JsonObject[] } = JSON.parse(denied.out);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({ agent: 'desk', context, policies: ['no-leak'] });
  const counted = await gate.admin('GET', `/audit/records?filter=${encodeURIComponent(`context = ${context} count by event`)}`);
  expect(objects(counted['counts'])).toContainEqual({ event: 'call.denied', count: 1 });
  const pages: number[] = [];
  for (let after = ''; ;) {
    const page = await gate.admin('GET', `/audit/records?filter=${encodeURIComponent(`context = ${context}`)}&limit=2${after}`);
    pages.push(...objects(page['records']).map((record) => Number(record['position'])));
    if (typeof page['next'] !== 'number') break;
    after = `&after=${page['next']}`;
  }
  const whole = await asked(`context = ${context}`);
  expect(pages).toEqual(whole.map((record) => Number(record['position'])).toReversed());
  const wrong = await cli('query', 'sever = crm');
  expect(wrong).toMatchObject({ code: expect.any(Number) });
  expect(wrong.code).not.toBe(0);
  expect(wrong.err).toContain('ERR_QUERY_INVALID');
  expect(wrong.err).toContain('column 1: there is no field "sever"; did you mean "server"?');
});

test('the index may be deleted at any time: it is made anew, and nothing is missing meanwhile', async () => {
  const before = await asked('agent = desk');
  expect(before.length).toBeGreaterThan(5);
  await gate.down('ledger');
  rmSync(join(gate.home, 'ledger', 'index'), { recursive: true });
  await gate.up('ledger');
  let after = await asked('agent = desk').catch(() => undefined);
  while (after === undefined) after = await Bun.sleep(20).then(() => asked('agent = desk')).catch(() => undefined);
  expect(after).toEqual(before);
}, 20_000);

test('another space sees none of it', async () => {
  const { sessions } = await gate.admin('GET', '/audit/sessions?space=elsewhere');
  expect(isArray(sessions) && sessions.length).toBe(0);
  const other = await gate.admin('GET', `/audit/sessions/${context}?space=elsewhere`).catch(String);
  expect(other).toContain('ERR_NOT_FOUND');
  const found = await gate.admin('GET', `/audit/records?space=elsewhere&filter=${encodeURIComponent(`context = ${context}`)}`);
  expect(objects(found['records'])).toEqual([]);
});

test(verifies('controls-evidenced', 'a report counts records by control and names gaps, as text, JSON and a page'), async () => {
  const text = await cli('report', '--framework', 'nist80053', '--since', '1d', '--keep', '4000d', '--verify');
  expect(text.code).toBe(0);
  expect(text.out).toContain('AC-3');
  expect(text.out).toContain('decisions:');
  expect(text.out).toContain('records are sent nowhere');
  expect(text.out).toContain('not the 4000 asked for');
  expect(text.out).not.toContain('was not verified');
  const { controls } = await gate.admin('GET', '/audit/report?framework=soc2&since=0');
  expect(objects(controls)).toContainEqual(expect.objectContaining({ id: 'CC6.1',
    shown: expect.arrayContaining([expect.objectContaining({ evidence: 'decisions' })]) }));
  const page = await cli('report', '--framework', 'iso27001', '--format', 'html');
  expect(page.out).toStartWith('<!doctype html>');
  for (const { out } of [text, page]) expect(out).not.toMatch(/compliant/i);
  const wrong = await cli('report', '--framework', 'none');
  expect(wrong.err).toContain('ERR_REQUEST_INVALID');
}, 20_000);
