import { afterAll, beforeAll, expect, test } from 'bun:test';
import { stringify } from 'yaml';
import { objects, part, text } from '../../src/cli/json-view.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { cellOf } from '../../src/vendor/disclosure/csv.ts';
import { openBrowser } from '../fixtures/browser.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { goodDisclosure } from '../fixtures/good-vendor.ts';
import { callTool, modernRequest, objectIn, readCalled } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { verifies } from './requirements.ts';

let gate: Gate;
let crm: RecordingServer;
let token: string;

beforeAll(async () => {
  crm = startRecordingServer({ says: { tools: ['find', 'note', 'payroll'].map((name) => toolNamed(name)) } });
  const tools = '{ find: { effect: read, labels: { confidentiality: public } }, note: { effect: write }, payroll: { effect: read } }';
  const server = (vendor: string): string =>
    `{ url: "${crm.url}", allowPrivate: true, owner: sales, hosting: vendor, tier: vendor${vendor}, tools: ${tools} }`;
  gate = await startGate({
    issuer: true, policy: 'permit(principal, action, resource);',
    manifest: `vendors:
  acme:
    { name: "Acme <b>Corp</b>", owner: sales, purpose: customers, tier: critical, endpoints: [{ url: "${crm.url}" }],
      data: { confidentiality: restricted } }
  other: { name: Other, owner: sales, purpose: nothing, tier: standard, endpoints: [{ url: "https://mcp.other.example/mcp" }],
    data: { confidentiality: public } }
servers: { crm: ${server(', vendor: acme')}, nameless: ${server('')}, borrowed: ${server(', vendor: other')} }
`,
  });
  await gate.enrol('crm', 'nameless', 'borrowed');
  token = await gate.token();
});
afterAll(async () => {
  await gate.stop();
  await crm.stop();
});

const disclosureOf = (vendor: string): JsonObject => JSON.parse(JSON.stringify({ ...goodDisclosure(Date.now()), vendor }));
const refusal = (asked: Promise<unknown>): Promise<string> => asked.then(() => 'taken', String);
const disclose = (vendor: string, more: JsonObject = {}): Promise<JsonObject> =>
  gate.admin('POST', `/vendors/${vendor}/disclosure`, { file: 'acme.yaml', text: stringify({ ...disclosureOf(vendor), ...more }) });
const standing = async (id: string): Promise<JsonObject> => objects((await gate.admin('GET', '/vendors'))['vendors']).find((one) => one['id'] === id) ?? {};

/** Which of the three tools can be called. */
async function callable(server: string): Promise<readonly string[]> {
  const names = ['find', 'note', 'payroll'];
  const called = await Promise.all(names.map((name) => callTool(`${gate.url}/mcp/${server}`, token, name, {})));
  return names.filter((_, at) => called[at]?.result !== undefined);
}

/** What is listed is what is not refused for certain. */
async function listed(server: string): Promise<readonly string[]> {
  const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
  const response = await fetch(`${gate.url}/mcp/${server}`, modernRequest(token, 'tools/list', { _meta }));
  return objects(readCalled(response.status, await response.text()).result?.['tools']).map(({ name }) => text(name));
}

test(verifies('vendor-default', 'until a vendor has answered, its servers only read what is public; so do those of nobody, and elsewhere'), async () => {
  for (const server of ['crm', 'nameless', 'borrowed']) expect([await callable(server), await listed(server)]).toEqual([['find'], ['find']]);
  expect(await standing('acme')).toMatchObject({ disclosed: false, score: 0, servers: 1 });
  const denied = (await gate.records({ event: 'call.denied', server: 'crm' })).at(-1);
  expect(denied?.['policies']).toEqual(['default/undisclosed-vendor']);
});

test(verifies('vendor-disclosure', 'a file that is wrong is refused with its place, and nothing of it is taken'), async () => {
  const answers = { ...objectIn(part(disclosureOf('acme'), 'answers')), training: { value: 'sometimes', date: '2026-11-01', expires: '2027-11-01' } };
  expect(await refusal(disclose('acme', { answers }))).toMatch(/ERR_CONFIG_INVALID.*acme\.yaml:\d+:\d+: answers\.training\.value/);
  expect(await refusal(disclose('acme', { surprise: true }))).toMatch(/acme\.yaml:\d+:\d+:.*not known.*surprise/);
  expect(await refusal(disclose('other', { vendor: 'acme' }))).toMatch(/must be other/);
  const csv = 'question,value,date,expires\ntraining,never,2026-11-01,2027-11-01\npkce,S512,2026-11-01,2027-11-01\n';
  expect(await refusal(gate.admin('POST', '/vendors/acme/disclosure', { file: 'a.csv', text: csv }))).toMatch(/a\.csv:3:1: value/);
  expect(await refusal(gate.admin('POST', '/vendors/acme/disclosure', { file: 'a.csv', text: `${csv}what,1,2,3\n` }))).toMatch(/a\.csv:4:1: names no question/);
  const words = 'question,value,date,expires\ntoken-minutes,soon,2026-11-01,2027-11-01\ntools,a:b,2026-11-01,2027-11-01\n';
  expect(await refusal(gate.admin('POST', '/vendors/acme/disclosure', { file: 'a.csv', text: words })))
    .toMatch(/must be a number, for instance 30[^]*is missing: a tool is name:effect:data/);
  expect(await standing('acme')).toMatchObject({ disclosed: false });
});

test(verifies('vendor-default', 'what a vendor disclosed opens its servers, at its own addresses, until something happens'), async () => {
  await disclose('acme');
  await disclose('other');
  expect(await standing('acme')).toMatchObject({ disclosed: true, score: 89 });
  expect([await callable('crm'), await listed('crm')]).toEqual([['find', 'note', 'payroll'], ['find', 'note', 'payroll']]);
  for (const server of ['nameless', 'borrowed']) expect(await callable(server)).toEqual(['find']);
  await gate.admin('POST', '/vendors/acme/events', { event: 'breach-notice', note: 'mail of today' });
  expect(await callable('crm')).toEqual(['find']);
  expect(await standing('acme')).toMatchObject({ disclosed: false, score: 59 });
  const raised = (await gate.records({ event: 'finding.raised' })).at(-1);
  expect(raised).toMatchObject({ findings: [{ detector: 'vendor', rule: 'breach-notice', severity: 'high' }], detail: { vendor: 'acme' } });
  await gate.admin('POST', '/vendors/acme/attest', { reason: 'their report was read' });
  expect(await callable('crm')).toEqual(['find', 'note', 'payroll']);
  expect(await gate.records({ event: 'vendor.attested' })).toHaveLength(1);
});

test(verifies('vendor-disclosure', 'a vendor answers on a page that is open to its link alone, once; nothing counts before somebody looked'), async () => {
  await disclose('other');
  const { link, path } = await gate.admin('POST', '/vendors/other/links', { days: 3 });
  const page = await openBrowser().open(`${gate.controlUrl}${text(path)}`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const fields = Object.fromEntries(Object.entries(goodDisclosure(Date.now()).answers).flatMap(([id, { value, evidence = '' }]) => (
    [[`value.${id}`, id === 'training' ? 'always' : cellOf(value)], [`evidence.${id}`, id === 'data-flow' ? '<script>alert(1)</script>' : evidence]])));
  const wrong = await page.submit({ ...fields, by: 'Jo', 'value.fix-days': 'soon', 'value.regions': 'eu\r\nus' });
  expect([wrong.status, wrong.text.includes('critical flaw')]).toEqual([400, true]);
  // What was written stands there still, escaped, and is sent from there.
  for (const kept of ['value="soon"', 'value="Jo"', '<option selected>always</option>', '&lt;script&gt;alert(1)', '\neu\nus</textarea>']) {
    expect(wrong.text).toContain(kept);
  }
  expect(wrong.text).not.toContain('<script>');
  const sent = await wrong.submit({ ...fields, by: 'Jo' });
  expect(sent.text).toContain('Your answers are here');
  expect((await openBrowser().open(`${gate.controlUrl}${text(path)}`)).text).toContain('this page is not open'.slice(4));
  const shown = await gate.admin('GET', '/vendors/other');
  expect(part(shown, 'input', 'disclosure', 'answers', 'training', 'value')).toBe('never');
  expect(part(shown, 'submitted', 'answers', 'training', 'value')).toBe('always');
  expect(await refusal(gate.admin('POST', '/vendors/other/accept', { digest: '0'.repeat(64) }))).toContain('ERR_CONFLICT');
  await gate.admin('POST', '/vendors/other/accept', { digest: text(part(shown, 'submitted', 'digest')) });
  expect(part(await gate.admin('GET', '/vendors/other'), 'input', 'disclosure', 'answers', 'training', 'value')).toBe('always');
  const markup = text((await gate.admin('GET', '/vendors/acme/report?format=html'))['text']);
  expect(markup).toContain('Acme &lt;b&gt;Corp&lt;/b&gt;');
  expect(markup).not.toContain('<b>');
  // Neither another vendor, nor a later end, nor what was closed.
  const [payload = '', signature = ''] = text(path).slice('/disclosure/'.length).split('.');
  const grant: JsonObject = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const other = await gate.admin('POST', '/vendors/other/links', {});
  for (const change of [{ vendor: 'acme' }, { link: text(other['link']) }]) {
    const forged = Buffer.from(JSON.stringify({ ...grant, ...change })).toString('base64url');
    expect((await fetch(`${gate.controlUrl}/disclosure/${forged}.${signature}`)).status).toBe(404);
  }
  expect((await fetch(`${gate.controlUrl}${text(other['path'])}`)).status).toBe(200);
  await gate.admin('DELETE', `/vendors/other/links/${text(other['link'])}`);
  expect((await fetch(`${gate.controlUrl}${text(other['path'])}`)).status).toBe(404);
  expect(objects((await gate.admin('GET', '/vendors/other'))['links']).map((one) => one['id'])).toContain(text(link));
});

test(verifies('vendor-routing', 'what was agreed holds at the gate: so many calls of everybody on all of its servers'), async () => {
  const { vendor } = await gate.admin('GET', '/vendors/acme');
  await gate.admin('PUT', '/vendors/acme', { ...objectIn(vendor), limit: '1/h' });
  const first = await callTool(`${gate.url}/mcp/crm`, token, 'find', {});
  const second = await callTool(`${gate.url}/mcp/crm`, await gate.token({ agent: 'another' }), 'payroll', {});
  expect([first.result === undefined, second.result]).toEqual([false, undefined]);
  expect((await gate.records({ event: 'call.denied', server: 'crm' })).at(-1)?.['policies']).toEqual(['vendor:acme:limit']);
});

test('what discovery sees of vendors, and servers of nobody, are there to be assessed', async () => {
  const seenAt = Date.now();
  await gate.admin('POST', '/inventory/observations', {
    observations: [{
      sensor: 'client-file', kind: 'server', host: 'desk', place: 'mcp.json', keys: ['url:https://mcp.linear.app/mcp'], name: 'linear', confidence: 80,
      risks: [], facts: {}, seenAt,
    }],
  });
  const { candidates } = await gate.admin('GET', '/vendor-candidates');
  expect(objects(candidates).map(({ name, url, servers }) => [name, url, servers])).toContainEqual(['Linear', 'https://mcp.linear.app/mcp', []]);
});

test('control looks once a day: advisories of what it runs, what is due, and the standing of the day', async () => {
  const { vendor } = await gate.admin('GET', '/vendors/acme');
  await gate.admin('PUT', '/vendors/acme', { ...objectIn(vendor), runs: ['pkg:npm/%40modelcontextprotocol/sdk@1.0.0'] });
  await gate.admin('POST', '/vendors/other/events', { event: 'breach-notice', note: 'mail' });
  expect(await gate.admin('POST', '/schedule/vendors/run')).toMatchObject({ ok: true });
  const { open, score } = await gate.admin('GET', '/vendors/acme');
  expect(objects(open).map((one) => one['event'])).toContain('advisory');
  expect(part(score ?? {}, 'penalties')).not.toEqual([]);
  expect(await gate.admin('POST', '/schedule/vendors/run')).toMatchObject({ ok: true, says: expect.stringMatching(/0 new events/) });
  const overdue = (await gate.records({ event: 'finding.raised' })).filter(({ findings }) => (
    objects(findings).some(({ rule }) => rule === 'attestation-overdue')));
  expect(overdue.map(({ detail }) => part(detail, 'vendor'))).toEqual(['other']);
});
