import { afterAll, beforeAll, expect, test } from 'bun:test';
import { objects, text } from '../../src/cli/json-view.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { OBLIGATION_KINDS } from '../../src/policy/obligations.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { verifies } from './requirements.ts';

let server: RecordingServer;
let gate: Gate;
let token: string;

const POLICY = `permit(principal, action, resource);
@id("no-names") forbid(principal, action == Action::"call_tool", resource) when { context.findings.contains("personal-data/name") };`;

beforeAll(async () => {
  // Compiling for the first time takes long, and all roles wait for it in this one process: the journal would not.
  await compilePolicies({ sources: [{ file: 'warm.cedar', text: POLICY }], servers: [], toolsets: [], obligations: OBLIGATION_KINDS });
  server = startRecordingServer({ says: { tools: [toolNamed('send')] } });
  gate = await startGate({
    issuer: true,
    manifest: `servers:\n  mail: { url: "${server.url}", allowPrivate: true, owner: o@example.com }\n`,
    policy: POLICY,
  });
  await gate.enrol('mail');
  token = await gate.token();
}, 60_000);
afterAll(async () => {
  await gate.stop();
  await server.stop();
});

/** A new snapshot is in force a moment after control has made it. */
async function until(words: string, code: string | undefined): Promise<void> {
  const asked = async (): Promise<string | undefined> => (await callTool(`${gate.url}/mcp/mail`, token, 'send', { text: words })).code;
  for (const end = Date.now() + 5_000; Date.now() < end && (await asked()) !== code;) await Bun.sleep(20);
  expect(await asked()).toBe(code);
}

test(verifies('names-of-the-directory', 'a name is personal data where it is one of the directory\'s, and no longer than it is'), async () => {
  await until('please ask Grace Brewster Hopper', undefined);
  await gate.admin('POST', '/accounts', { userName: 'grace', displayName: 'Grace Brewster Hopper', groups: [] });
  await until('please ask Grace Brewster Hopper', 'ERR_POLICY_DENIED');
  await until('please ask GRACE  brewster hopper.', 'ERR_POLICY_DENIED');
  const { people } = await gate.admin('GET', '/people');
  const id = text(objects(people).find(({ userName }) => userName === 'grace')?.['id']);
  await gate.admin('POST', `/people/${id}/deactivate`);
  await until('please ask Grace Brewster Hopper', undefined);
  await until('grace is a word, and a hopper is a wagon', undefined);
}, 30_000);
