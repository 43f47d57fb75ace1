import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { openBrowser } from '../fixtures/browser.ts';
import { startCountingServer, type CountingServer } from '../fixtures/counting-server.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { allow, openAccount } from '../fixtures/oauth-client.ts';
import { endOf, startProgram, type Ran } from '../fixtures/program.ts';
import { verifies } from './requirements.ts';

/** `sallyport sign-in` and `sallyport connect URL`, as programs, from a home that has nothing to do with the gate's. */
const ACCOUNT = { name: 'ada', password: 'quiet lemon boats at noon' };
const PROGRAM = join(import.meta.dir, '../../bin/sallyport');

let folder: string;
let home: string;
let gate: Gate;
let server: CountingServer;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-sign-in-');
  home = join(folder, 'home');
  server = startCountingServer(join(folder, 'charges'));
  gate = await startGate({
    issuer: true, secure: true,
    manifest: `admins: [{ group: owners, role: admin, space: "*" }]
servers:
  crm: { url: "${server.url}", allowPrivate: true, owner: tests, tools: { charge: { effect: read } } }
`,
    // Reading needs a token that is bound to a key: nothing else shows that connect proves it.
    policy: 'permit(principal is Person, action, resource);\nforbid(principal, action == Action::"call_tool", resource) unless { context.proof == "dpop" };',
  });
  await gate.enrol('crm');
  await openAccount(gate, ACCOUNT, ['owners']);
  url = `${gate.url}/mcp/crm`;
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function sallyport(args: readonly string[], onNote?: (err: string) => void): Promise<Ran> {
  return endOf(startProgram([...args, '--home', home], { HOME: folder }), onNote);
}

test(verifies('connect-dpop', 'a person signs in from a terminal, and a client that knows nothing of OAuth calls with a key-bound token'), async () => {
  const ca = join(gate.home, 'ca', 'ca.pem');
  const browser = openBrowser({ ca: readFileSync(ca, 'utf8') });
  let visited: Promise<string> | undefined;
  const signedIn = await sallyport(['sign-in', url, '--ca', ca], (err) => {
    const at = /https:\/\/\S+\/oauth\/authorize\S+\n/.exec(err)?.[0];
    if (at !== undefined) visited ??= allow(browser, at.trim(), ACCOUNT).catch(String);
  });
  expect(`${signedIn.err}${await visited}`).toContain('/oauth/authorize');
  expect(signedIn).toMatchObject({ code: 0, out: expect.stringContaining('Signed in at') });

  const [kept = ''] = readdirSync(join(home, 'sign-ins'));
  expect(statSync(join(home, 'sign-ins', kept)).mode & 0o777).toBe(0o600);
  const env = { PATH: process.env['PATH'] ?? '' };
  const transport = new StdioClientTransport({ command: PROGRAM, args: ['connect', url, '--home', home], env, stderr: 'ignore' });
  const client = new Client({ name: 'knows-no-oauth', version: '1' }, { capabilities: {} });
  await client.connect(transport);
  expect(JSON.stringify(await client.callTool({ name: 'charge', arguments: { id: 'proved' } }))).toContain('proved');
  await client.close();

  const stored = readFileSync(join(home, 'sign-ins', kept), 'utf8');
  expect((await sallyport(['sign-in', '--out', url])).code).toBe(0);
  expect(readdirSync(join(home, 'sign-ins'))).toEqual([]);
  expect(stored).toContain('refreshToken');
}, 60_000);
