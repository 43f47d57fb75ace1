import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/client';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { objects, part, text } from '../../src/cli/json-view.ts';
import type { Json } from '../../src/domain/json.ts';
import { startConformanceServer } from '../fixtures/conformance-server.ts';
import { startSecureGate } from '../fixtures/secure-gate.ts';

// Real processes on a shared machine: nothing here is a statement about time.
setDefaultTimeout(60_000);

const server = startConformanceServer();
const folder = mkdtempSync('/tmp/sp files-');
const gate = await startSecureGate('', 'permit (principal in Group::"testers", action, resource);');
afterAll(async () => {
  await gate.stop();
  gate.remove();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const PROGRAM = join(import.meta.dir, '..', '..', 'bin', 'sallyport');

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command as a person types it, whose home folder is `folder`. */
async function sallyport(...args: readonly string[]): Promise<Outcome> {
  const env = { PATH: process.env['PATH'], HOME: folder, SALLYPORT_HOME: gate.home };
  const child = Bun.spawn([PROGRAM, ...args], { cwd: folder, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

async function activeTokens(): Promise<number> {
  return objects((await gate.admin('GET', '/tokens'))['tokens']).filter((one) => one['state'] === 'active').length;
}

test('what a client has is imported, scanned, approved, and called through the gate by the entry that was written', async () => {
  const file = join(folder, '.claude.json');
  const before = `{
  // kept
  "mcpServers": {
    "Our CRM": { "type": "http", "url": ${JSON.stringify(server.url)}, "timeout": 5000 }
  },
  "other": 1.50
}
`;
  writeFileSync(file, before, { mode: 0o640 });
  const imported = await sallyport('import', '--from', 'claude-code', '--owner', 'me@example.com');
  expect(imported).toMatchObject({ code: 0, out: expect.stringContaining('our-crm') });
  const early = await sallyport('connect', '--write', 'claude-code', 'our-crm', '--yes');
  expect(early).toMatchObject({ code: 1, err: expect.stringContaining('ERR_VERIFY_FAILED') });
  expect(readFileSync(file, 'utf8')).toBe(before);

  expect(await sallyport('server', 'scan', 'our-crm')).toMatchObject({ code: 0 });
  expect(await sallyport('server', 'approve', 'our-crm', '--yes')).toMatchObject({ code: 0 });

  const unconfirmed = await sallyport('connect', '--write', 'claude-code', 'our-crm', '--group', 'testers');
  expect(unconfirmed).toMatchObject({ code: 2, err: expect.stringContaining('+') });
  expect(readFileSync(file, 'utf8')).toBe(before);
  const written = await sallyport('connect', '--write', 'claude-code', 'our-crm', '--group', 'testers', '--yes');
  expect(written.err).toContain('"connect"');
  expect(written).toMatchObject({ code: 0, out: expect.stringMatching(/our-crm: \d+ tools through the gate/) });
  expect(await activeTokens()).toBe(0);

  const after = readFileSync(file, 'utf8');
  expect(after).toContain('// kept');
  expect(after).toContain('1.50');
  // The entry that was imported goes through the gate; the way around it is gone.
  expect(after).not.toContain(server.url);
  const entry = entryIn(after.replace('// kept', ''), 'mcpServers', 'Our CRM');
  const client = new Client({ name: 'first-hour', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  // A client gives little of its environment to what it starts.
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
  await client.connect(new StdioClientTransport({ command: text(entry.command), args: list(entry.args), env }));
  expect(JSON.stringify(await client.callTool({ name: 'test_simple_text' }))).toContain('simple text response');
  await client.close();

  expect(await sallyport('connect', '--undo', 'claude-code')).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(await sallyport('connect', '--undo', 'claude-code')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_NOT_FOUND') });
});

const PLACES = { 'claude-code': 'mcpServers', cursor: 'mcpServers', vscode: 'servers', copilot: 'mcpServers' } as const;

for (const [client, place] of Object.entries(PLACES)) {
  test(`${client}: a file that was not there is made and taken away again; one that somebody changed is left alone`, async () => {
    const file = join(folder, `a ${client}'s file.json`);
    const given = ['--file', file];
    const written = await sallyport('connect', '--write', client, 'our-crm', '--group', 'testers', '--agent', 'desk', ...given, '--yes', '--json');
    expect(written.code).toBe(0);
    expect(part(JSON.parse(written.out), 'written')).toBe(true);
    const entry = entryIn(readFileSync(file, 'utf8'), place, 'our-crm');
    expect(list(entry.args)).toEqual(['connect', 'our-crm', '--agent', 'desk', '--group', 'testers', '--home', gate.home]);
    // Once more changes nothing, and proves the way again.
    const again = await sallyport('connect', '--write', client, 'our-crm', '--group', 'testers', '--agent', 'desk', ...given, '--yes');
    expect(again).toMatchObject({ code: 0, err: expect.stringContaining('already') });

    const text_ = readFileSync(file, 'utf8');
    writeFileSync(file, `${text_}\n`);
    expect(await sallyport('connect', '--undo', client, ...given)).toMatchObject({ code: 1, err: expect.stringContaining('ERR_FILE_CHANGED') });
    writeFileSync(file, text_);
    expect(await sallyport('connect', '--undo', client, ...given)).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(false);
  });
}

test('a target that does not exist, a client that is not known and a file that is no JSON change nothing', async () => {
  const file = join(folder, 'wrong.json');
  writeFileSync(file, '{ "mcpServers": ');
  const broken = await sallyport('connect', '--write', 'cursor', 'our-crm', '--file', file, '--yes');
  expect(broken).toMatchObject({ code: 1, err: expect.stringContaining('wrong.json:1:') });
  expect(readFileSync(file, 'utf8')).toBe('{ "mcpServers": ');
  writeFileSync(file, '{}');
  const unknown = await sallyport('connect', '--write', 'cursor', 'nosuch', '--file', file, '--yes');
  expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('ERR_SERVER_UNKNOWN') });
  expect(readFileSync(file, 'utf8')).toBe('{}');
  expect(await sallyport('connect', '--write', 'emacs', 'our-crm')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_CLIENT_UNKNOWN') });
});

function entryIn(content: string, ...path: readonly string[]): { readonly command: Json | undefined; readonly args: Json | undefined } {
  const value: Json = JSON.parse(content);
  return { command: part(value, ...path, 'command'), args: part(value, ...path, 'args') };
}

function list(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}
