import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../../src/cli/json-view.ts';
import { command } from '../../src/cli/policy.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { askModern } from './asking.ts';
import { verifies } from './requirements.ts';
import { codeOf } from '../fixtures/code-of.ts';

const ARGUMENTS = { type: 'object', properties: { path: { type: 'string' }, kind: { type: 'string' }, words: { type: 'string' } } };
const TOOLS = ['read', 'write', 'erase'].map((name) => toolNamed(name, { inputSchema: ARGUMENTS }));

let server: RecordingServer;
let gate: Gate;
let token: string;
let other: string;

beforeAll(async () => {
  server = startRecordingServer({ says: { tools: TOOLS } });
  const at = `url: "${server.url}", allowPrivate: true, owner: tests`;
  gate = await startGate({
    policy: '@id("all") permit(principal, action, resource) when { context.zone != "external" };',
    manifest: `servers:\n  notes: { ${at}, tools: { read: { effect: read }, write: { effect: write }, erase: { effect: destroy } } }\n  spare: { ${at} }\n`,
  });
  await gate.enrol('notes', 'spare');
  [token, other] = [await gate.token({ agent: 'desk' }), await gate.token({ agent: 'other' })];
  for (let n = 0; n < 24; n++) {
    const [folder, kind] = n % 2 === 0 ? ['a', 'plain'] : ['b', 'long'];
    await call(token, 'read', { path: `/srv/notes/${folder}/${n}.txt`, kind, words: `w${n}` });
  }
  await call(other, 'write', { path: '/tmp/x' });
}, 60_000);
afterAll(async () => {
  await gate.stop();
  await server.stop();
});

const call = async (as: string, tool: string, args: JsonObject, on = 'notes'): Promise<string> =>
  (await askModern(`${gate.url}/mcp/${on}`, as, 'tools/call', { name: tool, arguments: args })).code ?? 'done';

async function policy(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let out = '';
  const io = {
    env: {}, cwd: gate.home, interactive: false, signal: new AbortController().signal, confirm: () => Promise.resolve(false),
    out: (words: string) => void (out += words), note: () => undefined,
  };
  return { code: await command.run([...args, '--home', gate.home], io), out };
}

async function suggested(...args: readonly string[]): Promise<JsonObject> {
  const json: Json = JSON.parse((await policy('suggest', '--since', '1h', '--json', ...args)).out);
  return isObject(json) ? json : {};
}

test(verifies('policy-suggested', 'what was permitted to an agent stays, what it never used goes, and what is new is never given'), async () => {
  const report = await suggested('--reason', 'a review', '--agent', 'desk');
  expect(report).toMatchObject({
    wider: [], complete: true, verified: { changes: { denied: 0, permitted: 0, obligations: 0 }, undecidable: { count: 0 } },
    unused: [{ who: 'agent desk', tools: ['notes/write', 'notes/erase', 'spare/read', 'spare/write', 'spare/erase'] }],
  });
  const limits = isArray(report['limits']) ? report['limits'].filter(isObject) : [];
  expect(limits.map(({ why }) => text(why)).join('\n')).toContain('path: only below /srv/notes/; kind: only long, plain');
  // Words that come once each are no rule.
  expect(report['text']).not.toContain('words');
  // Without payloads arguments are left alone.
  const closed = await suggested('--agent', 'desk');
  expect(closed['text']).not.toContain('context.arguments');
  expect(closed).toMatchObject({ verified: { changes: { denied: 0 }, undecidable: { count: 0 } } });
  // Two agents of one group: what either used stays.
  expect(await suggested('--by', 'group')).toMatchObject({
    wider: [], verified: { changes: { denied: 0 } }, unused: [{ who: 'group testers', tools: ['notes/erase', 'spare/read', 'spare/write', 'spare/erase'] }],
  });
}, 60_000);

test('the other form permits the same and stands instead of what permits today', async () => {
  const report = await suggested('--as', 'permits', '--reason', 'a review', '--agent', 'desk');
  expect(report).toMatchObject({ wider: [], verified: { changes: { denied: 0, permitted: 0 } }, unused: [{ who: 'agent desk' }] });
  expect(report['text']).toContain('permit (');
}, 60_000);

test(verifies('policy-suggested', 'it is proposed, and in force only when somebody put it there: then it does what it says'), async () => {
  const file = join(gate.home, 'least-privilege.cedar');
  expect(await codeOf(policy('suggest', '--since', '1h', '--agent', 'desk', '--reason', 'a review', '--out', file, '--propose'))).toBe('ERR_PROPOSAL_STORED');
  expect(await call(token, 'write', { path: '/srv/notes/a' })).toBe('done');
  const { proposals } = await gate.admin('GET', '/proposals');
  const [proposal] = isArray(proposals) ? proposals.filter(isObject) : [];
  expect(proposal).toMatchObject({ path: '/policies/proposed', reasons: ['it is only proposed'] });
  // What it would change is what was done since.
  const id = typeof proposal?.['id'] === 'string' ? proposal['id'] : '';
  expect((await policy('simulate', '--since', '1h', '--proposal', id, '--reason', 'a review')).code).toBe(3);
  await gate.admin('PUT', '/policies', { file: 'least-privilege.cedar', source: readFileSync(file, 'utf8') });
  expect(await call(token, 'read', { path: '/srv/notes/c/9.txt', kind: 'plain', words: 'new ones' })).toBe('done');
  for (const [tool, args, on] of [
    ['write', { path: '/srv/notes/a' }, 'notes'], ['read', { path: '/etc/passwd', kind: 'plain' }, 'notes'],
    ['read', { path: '/srv/notes/../../etc/x', kind: 'plain' }, 'notes'], ['read', { path: '/srv/notes/a', kind: 'other' }, 'notes'], ['read', {}, 'spare'],
  ] as const) expect([tool, args, await call(token, tool, args, on)]).toEqual([tool, args, expect.stringMatching(/^ERR_(?:POLICY_DENIED|TOOL_UNKNOWN)$/)]);
  expect(await call(other, 'write', { path: '/tmp/x' })).toBe('done');
}, 60_000);

test('what an agent wrote stands in the suggestion as what it is: as no line of its own, and with nothing that nobody sees', async () => {
  const sly = await gate.token({ agent: 'sly' });
  for (let n = 0; n < 24; n++) await call(sly, 'read', { path: `${n}`, kind: 'a"\npermit(principal, action, resource); //\u200f' });
  const report = await suggested('--reason', 'a review', '--agent', 'sly');
  expect(report).toMatchObject({ wider: [], verified: { changes: { denied: 0 } } });
  expect(report['text']).toContain('kind: only a" permit(principal, action, resource); //<U+200F>');
  expect(report['text']).not.toContain('\u200f');
  expect(report['text']).not.toMatch(/^permit/m);
}, 60_000);
