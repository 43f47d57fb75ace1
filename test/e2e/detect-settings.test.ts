import { afterAll, beforeAll, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDetectSettings } from '../../src/control/detect/settings.ts';
import { applyManifest } from '../../src/control/manifest/apply.ts';
import { readManifestFiles } from '../../src/control/manifest/files.ts';
import { compareWide, readWide } from '../../src/control/proposals/wide.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { stringAt } from './asking.ts';
import { configure } from '../../src/control/fixture-control.ts';

/* Which detectors look, at the whole space and at single servers, and what a detector that only looks changes: nothing but the record. */

const TAGS = Array.from('obey', (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
const CARD = 'card 4242 4242 4242 4242, expires 12/31';
const POLICY = `
permit(principal, action == Action::"call_tool", resource);
forbid(principal, action == Action::"respond", resource) when { context.findings.contains("hidden-channels/tag-characters") };
forbid(principal, action == Action::"call_tool", resource == Tool::"lab/send") when { context.contextCategories.contains("pci") };
`;
let servers: readonly RecordingServer[] = [];
let gate: Gate;
let token: string;
let says = '';

const manifestOf = (detect: string): string => `apiVersion: sallyport/v1
policies: [policy.cedar]
servers:
${['notes', 'lab'].map((id, index) => `  ${id}: { url: "${servers[index]?.url ?? ''}", allowPrivate: true, owner: o@example.com }`).join('\n')}
${detect}`;

beforeAll(async () => {
  servers = [0, 1].map(() => startRecordingServer({
    says: { tools: [toolNamed('send')] },
    answer: ({ method, id }) => (method === 'tools/call'
      ? Response.json({ jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text: says }] } }) : undefined),
  }));
  gate = await startGate({ manifest: manifestOf('').replace(/^.*\n.*\n/, ''), policy: POLICY });
  await gate.enrol('notes', 'lab');
  token = await gate.token();
});
afterAll(async () => {
  await gate.stop();
  for (const server of servers) await server.stop();
});

async function apply(detect: string): Promise<void> {
  const file = join(gate.home, 'sallyport.yaml');
  writeFileSync(file, manifestOf(detect));
  const by = { admin: { id: 'sallyport|manifest', may: ['change'] as const }, space: 'default' };
  await applyManifest(by, await readManifestFiles(file), { dryRun: false }, gate.control());
  const { version } = gate.control().snapshots.current ?? { version: 0 };
  const until = Date.now() + 5_000;
  do await call('notes', 'x'); while (Number((await last('call.permitted'))['snapshot']) < version && Date.now() < until);
}

const call = (server: string, text: string): Promise<Called> => callTool(`${gate.url}/mcp/${server}`, token, 'send', { text });
const last = async (event: string): Promise<JsonObject> => (await gate.records({ event })).at(-1) ?? {};

const rules = async (server: string, text: string): Promise<unknown> => {
  await callTool(`${gate.url}/mcp/${server}`, token, 'send', { text, path: text, url: text });
  const { findings } = (await gate.records()).findLast(({ event }) => event === 'call.permitted' || event === 'call.denied') ?? {};
  return Array.isArray(findings) ? findings.map((one: JsonObject) => `${stringAt(one, 'detector') ?? ''}/${stringAt(one, 'rule') ?? ''}`) : [];
};
const refusalInRed = async (detect: string): Promise<string> => gate.admin('POST', '/manifest?space=red', {
  file: 'red.yaml', text: `apiVersion: sallyport/v1\n${detect}\n`, policies: [], dryRun: true,
}).then(() => 'applied', (fault: unknown) => String(fault));

test('on, as it ships, what is found decides; in shadow it is recorded apart and decides nothing; off, nobody looks', async () => {
  says = `fine${TAGS}`;
  expect((await call('notes', 'x')).code).toBe('ERR_POLICY_DENIED');
  expect(await last('result.withheld')).toMatchObject({ findings: [{ rule: 'tag-characters' }] });
  says = '';
  await apply('detect: { detectors: { hidden-channels: shadow } }');
  says = `fine${TAGS}`;
  expect((await call('notes', 'x')).code).toBeUndefined();
  const seen = await last('result.delivered');
  expect([seen['findings'], seen['shadowFindings']]).toEqual([undefined, [expect.objectContaining({ detector: 'hidden-channels', rule: 'tag-characters' })]]);
  says = '';
  await apply('detect: { detectors: { hidden-channels: off } }');
  says = `fine${TAGS}`;
  expect((await call('notes', 'x')).code).toBeUndefined();
  expect((await last('result.delivered'))['shadowFindings']).toBeUndefined();
});

test('a server\'s own word goes before the space\'s', async () => {
  says = '';
  await apply('detect: { detectors: { hidden-channels: shadow }, servers: { lab: { detectors: { hidden-channels: on } } } }');
  says = `fine${TAGS}`;
  expect([(await call('notes', 'x')).code, (await call('lab', 'x')).code]).toEqual([undefined, 'ERR_POLICY_DENIED']);
});

test('what is found in shadow labels no context; switched on, it does', async () => {
  await apply('detect: { detectors: { payment: shadow } }');
  says = CARD;
  await call('notes', 'x');
  expect((await last('result.delivered'))['shadowFindings']).toContainEqual(expect.objectContaining({ detector: 'payment', rule: 'card' }));
  says = '';
  expect((await call('lab', 'x')).code).toBeUndefined();
  await apply('');
  says = CARD;
  await call('notes', 'x');
  says = '';
  expect((await call('lab', 'x')).code).toBe('ERR_POLICY_DENIED');
});

test('what servers are told of detectors reaches them: folders, schemas, networks', async () => {
  await apply(`detect: { servers: { notes: { roots: [/srv/notes], privateTargets: true, arguments: { send: { properties: { text: { maxLength: 60 } } } } } } }`);
  expect(await rules('notes', '/etc/hosts')).toContain('paths/outside-roots');
  expect(await rules('lab', '/etc/hosts')).not.toContain('paths/outside-roots');
  expect(await rules('notes', 'http://10.1.2.3/')).not.toContain('ssrf/private');
  expect(await rules('lab', 'http://10.1.2.3/')).toContain('ssrf/private');
  expect(await rules('notes', 'x'.repeat(61))).toContain('schema/tightened');
});

test('what is no detector, no mode or no server is refused with what there is; each change is on record, and takes two where two are needed', async () => {
  const refusal = async (detect: string): Promise<string> => apply(detect).then(() => 'applied', (fault: unknown) => String(fault));
  expect(await refusal('detect: { detectors: { hidden-chanels: off } }')).toMatch(/names what is no detector; they are anomaly/);
  expect(await refusal('detect: { detectors: { inspect: off } }')).toContain('names what is no detector');
  expect(await refusal('detect: { detectors: { secrets: maybe } }')).not.toBe('applied');
  expect(await refusal('detect: { servers: { nobody: { onFailure: permit } } }')).toContain('nobody');
  const before = await readWide(gate.control().store);
  await apply('detect: { onFailure: permit }');
  expect(compareWide(before, await readWide(gate.control().store))).toEqual([expect.stringContaining('what is looked for in it')]);
  expect(await last('config.changed')).toMatchObject({ action: 'manifest.apply' });
  expect(stringAt(await gate.admin('GET', '/manifest'), 'text')).toContain('onFailure: permit');
});

test('no other space switches off what the organisation\'s policies stand on, says what failures mean, or brings code', async () => {
  expect(await refusalInRed('detect: { detectors: { secrets: off } }')).toContain('stand on the detector secrets');
  expect(await refusalInRed('detect: { detectors: { hidden-channels: shadow } }')).toContain('ERR_CONFIG_INVALID');
  expect(await refusalInRed('detect: { onFailure: permit }')).toContain('what a failure means');
  expect(await refusalInRed(`detect: { plugins: [{ id: x, module: /x.js, sha256: "${'0'.repeat(64)}" }] }`)).toContain('code that runs in the gateway');
  expect(await refusalInRed('detect: { detectors: { source-code: off } }')).toBe('applied');
});

test('what another space switched off looks again once the organisation says that it is on', async () => {
  const control = gate.control();
  const body = { detectors: { 'source-code': 'off', payment: 'shadow' }, servers: { its: { detectors: { 'source-code': 'shadow' } } } };
  await configure(control, 'setting', 'red', 'detect', body);
  const inRed = async (): Promise<unknown> => (await readDetectSettings(control.store))['red'];
  expect(await inRed()).toEqual(body);
  await apply('detect: { detectors: { source-code: on } }');
  expect(await inRed()).toEqual({ detectors: { payment: 'shadow' }, servers: { its: { detectors: {} } } });
  await configure(control, 'setting', 'red', 'detect', {});
});
