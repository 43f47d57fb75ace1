import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { callTool } from '../../test/fixtures/modern-call.ts';
import { connectLink } from '../link/connect.ts';

const IN_VARIABLE = 'variable-5f1e0c';
const IN_VAULT = 'vault-21cc07';
const IN_FILE = 'file-77ab3d\nsecond line';

/** A local server whose one tool tells its environment. */
const SERVER = `
  const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const { KEY, PEM, PLAIN } = process.env;
  for await (const line of console) {
    const { id, method } = JSON.parse(line);
    if (method === 'initialize') say({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    else if (method === 'tools/list') say({ id, result: { tools: [{ name: 'tell', inputSchema: { type: 'object' } }] } });
    else if (method === 'tools/call') say({ id, result: { content: [{ type: 'text', text: JSON.stringify({ KEY, PEM, PLAIN }) }] } });
    else if (id !== undefined) say({ id, error: { code: -32601, message: 'Method not found' } });
  }`;

let folder: string;
let gate: Gate;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-launch-');
  writeFileSync(join(folder, 'server.ts'), SERVER);
  writeFileSync(join(folder, 'pem'), `${IN_FILE}\n`, { mode: 0o600 });
  process.env['SP_TEST_LAUNCH'] = IN_VARIABLE;
  const command = JSON.stringify([process.execPath, join(folder, 'server.ts')]);
  gate = await startGate({
    // This server tells what it was given; elsewhere the gate withholds that.
    manifest: `defaults: { secret-egress: off }
servers:
  keyed: { command: ${command}, env: { KEY: env:SP_TEST_LAUNCH, PEM: "file:${folder}/pem", PLAIN: hello }, owner: o@example.com }
  other: { command: ${command}, env: { KEY: env:SP_TEST_OTHER }, owner: o@example.com }
`,
    policy: 'permit(principal, action == Action::"call_tool", resource);\n',
  });
  await gate.enrol('keyed');
});

afterAll(async () => {
  delete process.env['SP_TEST_LAUNCH'];
  await gate.stop();
  rmSync(folder, { recursive: true });
});

test('a local server gets the secrets that its entry refers to', async () => {
  const { result } = await callTool(`${gate.url}/mcp/keyed`, await gate.token(), 'tell', {});
  expect(JSON.stringify(result)).toContain(JSON.stringify(JSON.stringify({ KEY: IN_VARIABLE, PEM: IN_FILE, PLAIN: 'hello' })).slice(1, -1));
  const shown = await gate.admin('GET', '/servers/keyed');
  expect(shown['launch']).toMatchObject({ env: { KEY: 'env:SP_TEST_LAUNCH', PEM: `file:${folder}/pem`, PLAIN: '(set)' } });
});

test('a secret of the vault is given to the process of its server, and a missing one starts nothing', async () => {
  await gate.admin('PUT', '/vault/launch', { value: IN_VAULT });
  await gate.admin('POST', '/servers', { ...entry({ KEY: 'vault:launch', PEM: 'vault:pem' }), id: 'sealed' });
  expect(gate.admin('POST', '/servers/sealed/scan', {})).rejects.toThrow('ERR_UPSTREAM_CREDENTIAL');
  await gate.admin('PUT', '/vault/pem', { value: IN_FILE });
  await gate.enrol('sealed');
  const { result } = await callTool(`${gate.url}/mcp/sealed`, await gate.token(), 'tell', {});
  expect(JSON.stringify(result)).toContain(JSON.stringify(JSON.stringify({ KEY: IN_VAULT, PEM: IN_FILE })).slice(1, -1));
  expect(gate.admin('POST', '/servers/other/scan', {})).rejects.toThrow('ERR_UPSTREAM_CREDENTIAL');
});

test('a gateway cannot ask for a secret of a server that nobody called', async () => {
  const control = connectLink({ home: gate.home, self: 'gateway', peer: 'control' });
  for (const secret of ['env:SP_TEST_LAUNCH', `file:${folder}/pem`, 'env:HOME']) {
    const asked = control.call('control.release', { space: 'default', server: 'keyed', secret, exchange: Bun.randomUUIDv7() });
    expect(await asked.then(() => 'released', (fault: unknown) => (fault instanceof SallyportError ? fault.code : ''))).toBe('ERR_RELEASE_REFUSED');
  }
  control.close();
});

function entry(env: Record<string, string>): JsonObject {
  return {
    id: 'late', owner: 'o', hosting: 'self', tier: 'internal', credentials: { type: 'none' }, tools: {},
    labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' },
    endpoint: { transport: 'stdio', launch: { command: process.execPath, args: [join(folder, 'server.ts')], env, shared: false } },
  };
}

test('what is no reference is refused when it is declared', async () => {
  expect(gate.admin('POST', '/servers', entry({ KEY: 'env:NO-SUCH-NAME' }))).rejects.toThrow('ERR_LAUNCH_FORBIDDEN');
  const credentials = { type: 'header', header: 'Authorization', secret: 'vault:a b' };
  expect(gate.admin('POST', '/servers', { ...entry({}), credentials })).rejects.toThrow('the name of a secret in the vault');
});

test('nothing of ours keeps what was released', () => {
  const files = readdirSync(gate.home, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const bytes = readFileSync(join(file.parentPath, file.name));
    for (const secret of [IN_VARIABLE, IN_VAULT, 'file-77ab3d']) expect([file.name, bytes.includes(secret)]).toEqual([file.name, false]);
  }
});
