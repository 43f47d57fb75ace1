import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { startRecordingServer, type Heard, type RecordingServer } from '../../test/fixtures/recording-server.ts';
import { objects, text } from '../cli/json-view.ts';

const KEY = 'key-41c7';
const refusal = (status: number): Response => Response.json({ jsonrpc: '2.0', id: null, error: { code: -32000, message: 'no' } }, { status });
const wantsKey = ({ headers }: Heard): Response | undefined => (headers['x-api-key'] === KEY ? undefined : refusal(401));
const wantsNoPage = ({ headers }: Heard): Response | undefined => (headers['origin'] === undefined ? undefined : refusal(403));
/** Broken for whoever asks without the key or as a page: that is no refusal, and tells nothing. */
const broken = ({ headers }: Heard): Response | undefined => (headers['x-api-key'] === KEY && headers['origin'] === undefined ? undefined : refusal(500));

let servers: Readonly<Record<string, RecordingServer>>;
let gate: Gate;

beforeAll(async () => {
  process.env['SP_TEST_EXAMINE'] = KEY;
  servers = {
    strict: startRecordingServer({ answer: (heard) => wantsKey(heard) ?? wantsNoPage(heard) }),
    old: startRecordingServer({ era: 'legacy', answer: (heard) => wantsKey(heard) }),
    idle: startRecordingServer(),
    broken: startRecordingServer({ answer: broken }),
    bare: startRecordingServer(),
  };
  const keyed = 'credentials: { type: header, header: X-Api-Key, secret: env:SP_TEST_EXAMINE }';
  const entries = Object.entries(servers).map(([id, { url }]) =>
    `  ${id}: { url: "${url}", allowPrivate: true, owner: o@example.com${id === 'bare' ? '' : `, ${keyed}`} }\n`);
  gate = await startGate({ manifest: `servers:\n${entries.join('')}` });
});

afterAll(async () => {
  delete process.env['SP_TEST_EXAMINE'];
  await gate.stop();
  for (const server of Object.values(servers)) await server.stop();
});

async function findingsOf(id: string): Promise<readonly string[]> {
  const { findings } = await gate.admin('POST', `/servers/${id}/scan`, {});
  return objects(findings)
    .map(({ rule, severity, message }) => `${text(severity)} ${text(rule)}${text(message).includes('not known') ? ' not known' : ''}`)
    .filter((one) => !/cleartext|private-address/.test(one));
}

test.each([
  ['strict', []],
  ['old', ['info exposure-foreign-origin']],
  ['idle', ['warn exposure-unauthenticated', 'warn exposure-foreign-origin']],
  ['broken', ['warn exposure-unauthenticated not known', 'warn exposure-foreign-origin not known']],
  ['bare', ['warn exposure-unauthenticated', 'warn exposure-foreign-origin']],
])('how %s is exposed is found out when it is read', async (id, expected) => {
  expect(await findingsOf(id)).toEqual(expected);
});

test('one greeting without the credential and one as a foreign page, both recorded as examinations, and nothing else', async () => {
  for (const [id, { heard }] of Object.entries(servers)) {
    const anonymous = heard.filter(({ headers }) => headers['x-api-key'] === undefined);
    const asPage = heard.filter(({ headers }) => headers['origin'] !== undefined);
    const greeting = id === 'old' ? 'initialize' : 'server/discover';
    expect([id, asPage.map(({ method }) => method)]).toEqual([id, [greeting]]);
    expect(asPage[0]?.headers['origin']).toBe('https://foreign-page.invalid');
    if (id !== 'bare') expect([id, anonymous.map(({ method }) => method)]).toEqual([id, [greeting]]);
    const records = (await gate.records({ server: id })).filter(({ detail }) => JSON.stringify(detail ?? null).includes('examine'));
    const permitted = records.filter(({ event }) => event === 'call.permitted');
    expect([id, permitted.map(({ principal, detail }) => [principal, detail])]).toEqual([id, [
      ...(id === 'bare' ? [] : [['sallyport|registry', { examine: 'anonymous' }]]), ['sallyport|registry', { examine: 'foreign-origin' }],
    ]]);
  }
});
