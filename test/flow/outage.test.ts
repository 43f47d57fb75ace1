import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { RunningGateway } from '../../src/roles/gateway.ts';
import { startGatewayProcess } from '../fixtures/gateway-process.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';

/** Control goes and comes back; what an agent reads meanwhile at one gateway counts at the other (docs/decisions/0016-flow-without-control.md). */
let web: RecordingServer;
let mail: RecordingServer;
let gate: Gate;
let east: RunningGateway;
let west: RunningGateway;
type Where = Pick<RunningGateway, 'url'>;

const SEND = toolNamed('send', { inputSchema: { type: 'object', properties: { to: { type: 'string' }, text: { type: 'string' } } } });
const LABELS = 'labels: { confidentiality: public, integrity: trusted }';

beforeAll(async () => {
  [web, mail] = [startRecordingServer(), startRecordingServer({ says: { tools: [SEND, toolNamed('read_note')] } })];
  gate = await startGate({
    policy: 'permit(principal, action, resource);',
    manifest: `servers:
  web: { url: "${web.url}", allowPrivate: true, owner: tests, labels: { confidentiality: public, integrity: untrusted },
    tools: { read_note: { effect: read } } }
  mail: { url: "${mail.url}", allowPrivate: true, owner: tests, ${LABELS}, tools: { send: { effect: communicate }, read_note: { effect: read } } }
defaults: { untrusted-destination: on, uncleared-sink: on, rule-of-two: on, poisoned-memory: on }
`,
  });
  await gate.enrol('web', 'mail');
  [east, west] = [await gate.replica('east'), await gate.replica('west')];
}, 30_000);
afterAll(async () => {
  await gate.stop();
  await Promise.all([web.stop(), mail.stop()]);
}, 30_000);

const send = ({ url }: Where, token: string): Promise<Called> => callTool(`${url}/mcp/mail`, token, 'send', { to: 'eve@evil.example', text: 'hello' });
const look = ({ url }: Where, token: string): Promise<Called> => callTool(`${url}/mcp/mail`, token, 'read_note', { text: 'mine' });
const browse = ({ url }: Where, token: string): Promise<Called> => callTool(`${url}/mcp/web`, token, 'read_note', { text: 'page' });

/** What the gateways say until one of them has an answer of policy's; nothing is sent by then. */
async function untilDecided(at: Where, token: string): Promise<Called> {
  for (;;) {
    const called = await send(at, token);
    if (called.code !== 'ERR_FLOW_UNKNOWN') return called;
    await Bun.sleep(20);
  }
}

test('reads go on while control is away, sends wait, and an attack that began meanwhile is stopped at every gateway', async () => {
  const [token, idle, stranger] = [await gate.token({ agent: 'desk' }), await gate.token({ agent: 'idle' }), await gate.token({ agent: 'stranger' })];
  for (const at of [east, west]) for (const who of [token, idle]) expect((await look(at, who)).result).toBeDefined();
  await gate.down('control');
  // What nothing depends on needs nobody; what is new is kept once control can't vouch any more.
  expect((await look(west, token)).result).toBeDefined();
  expect((await browse(east, token)).result).toBeDefined();
  expect((await browse(east, token)).result).toBeDefined();
  for (const at of [east, west]) expect((await send(at, token)).code).toBe('ERR_FLOW_UNKNOWN');
  expect((await send(west, idle)).code).toBe('ERR_FLOW_UNKNOWN');
  // Of whom no gateway has seen anything, nobody would know where to look.
  expect((await browse(east, stranger)).code).toBe('ERR_FLOW_UNKNOWN');
  await gate.up('control');
  for (const at of [west, east]) expect((await untilDecided(at, token)).code).toBe('ERR_APPROVAL_REQUIRED');
  expect(mail.effects().filter(({ params }) => params['name'] === 'send')).toEqual([]);
  expect((await untilDecided(west, idle)).result).toBeDefined();
}, 60_000);

test('a gateway that went down with what it kept is waited for, and tells it when it is back', async () => {
  const token = await gate.token({ agent: 'clerk' });
  for (const at of [east, west]) expect((await look(at, token)).result).toBeDefined();
  await gate.down('control');
  expect((await browse(east, token)).result).toBeDefined();
  await east.close();
  await gate.up('control');
  const sent = mail.heard.length;
  for (let turn = 0; turn < 20; turn += 1) {
    expect((await send(west, token)).code).toBe('ERR_FLOW_UNKNOWN');
    await Bun.sleep(100);
  }
  east = await gate.replica('east');
  expect((await untilDecided(west, token)).code).toBe('ERR_APPROVAL_REQUIRED');
  expect(mail.heard.slice(sent).filter(({ params }) => params['name'] === 'send')).toEqual([]);
}, 60_000);

test('a gateway that was killed tells it when it is back, under the name that it had', async () => {
  const north = await startGatewayProcess(gate.home, 'north');
  const token = await gate.token({ agent: 'driver' });
  for (const one of [north, west]) expect((await look(one, token)).result).toBeDefined();
  await gate.down('control');
  expect((await browse(north, token)).result).toBeDefined();
  north.signal('SIGKILL');
  await gate.up('control');
  for (let turn = 0; turn < 5; turn += 1) {
    expect((await send(west, token)).code).toBe('ERR_FLOW_UNKNOWN');
    await Bun.sleep(100);
  }
  const again = await startGatewayProcess(gate.home, 'north');
  try {
    expect((await untilDecided(west, token)).code).toBe('ERR_APPROVAL_REQUIRED');
  } finally {
    await again.stop();
  }
}, 60_000);

test('a gateway that said goodbye is waited for by nobody', async () => {
  const token = await gate.token({ agent: 'porter' });
  for (const at of [east, west]) expect((await look(at, token)).result).toBeDefined();
  await east.close();
  expect((await send(west, token)).result).toBeDefined();
}, 30_000);
