import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openControl, surfaceSaying } from '../control/fixture-control.ts';
import { runCli } from '../../test/fixtures/in-process-cli.ts';
import { spawnCli, type Outcome } from '../../test/fixtures/spawned-cli.ts';
import { openRegistry } from '../../test/fixtures/packages/registry.ts';
import type { JsonObject } from '../domain/json.ts';
import { objects, part, text } from './json-view.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';

setDefaultTimeout(60_000);

const fixture = await openControl();
const folder = mkdtempSync('/tmp/sp-cli-');
afterAll(async () => {
  await fixture.close();
  removeHome(folder);
});

/** A process of its own: files that are named without a folder are those of the folder that it runs in. */
const spawned = (...args: readonly string[]): Promise<Outcome> => spawnCli(args, { folder, home: fixture.home });
const sallyport = (...args: readonly string[]): Promise<Outcome> => runCli(args, { folder, home: fixture.home });

async function json(...args: readonly string[]): Promise<JsonObject> {
  const { out, err, code } = await sallyport(...args, '--json');
  if (code !== 0) throw new Error(err);
  const value: JsonObject = JSON.parse(out);
  return value;
}

test('what is typed wrongly says how to type it, and fails', async () => {
  expect(await sallyport('servre')).toMatchObject({ code: 2, err: expect.stringContaining('ERR_USAGE') });
  expect(await sallyport('server', 'frobnicate')).toMatchObject({ code: 2, err: expect.stringContaining('ERR_USAGE') });
  expect(await sallyport('server', 'list', '--nope')).toMatchObject({ code: 2, err: expect.stringContaining('Usage: sallyport server list') });
  expect(await sallyport('server', 'add', 'x', '--owner', 'me')).toMatchObject({ code: 2 });
  const nowhere = await sallyport('server', 'list', '--home', join(folder, 'nowhere'), '--json');
  expect(nowhere.code).toBe(1);
  expect(JSON.parse(nowhere.err)).toMatchObject({ code: 'ERR_NOT_RUNNING', remedy: expect.stringContaining('sallyport up') });
});

test('a server goes from declared to approved, and nobody approves unseen', async () => {
  expect(
    await sallyport('server', 'add', 'loose', '--owner', 'me@example.com', '--', 'npx', '--registry=https://x.example', 'some-server'),
  ).toMatchObject({ code: 1, err: expect.stringContaining('ERR_LAUNCH_FORBIDDEN') });
  const added = await sallyport(
    'server', 'add', 'crm', '--url', 'https://crm.example/mcp', '--owner', 'me@example.com', '--header', 'x-key', '--secret', 'env:CRM_KEY',
  );
  expect(added).toMatchObject({ code: 0, out: expect.stringContaining('header x-key from env:CRM_KEY') });
  fixture.says.set('crm', surfaceSaying({ search: { description: 'Finds \u001B[2Jpeople \u202Eevil.' }, pay: {} }));
  const { out: shown } = await sallyport('server', 'scan', 'crm');
  expect(shown).toContain('destroy (guess)');
  expect(shown).not.toContain('\u001B');
  expect(shown).not.toContain('\u202E');
  expect(await sallyport('server', 'approve', 'crm')).toMatchObject(
    { code: 2, out: expect.stringContaining('https://crm.example/mcp'), err: expect.stringContaining('--yes') },
  );
  expect(await json('server', 'show', 'crm')).toMatchObject({ status: 'scanned' });
  const effects = ['--effect', 'search=read', '--effect', 'pay=transact'];
  // What is hidden in a definition keeps it from being approved.
  expect(await sallyport('server', 'approve', 'crm', '--yes', ...effects)).toMatchObject({ code: 1, err: expect.stringContaining('ERR_DEFINITION_BLOCKED') });
  fixture.says.set('crm', surfaceSaying({ search: { description: 'Finds people.' }, pay: {} }));
  await sallyport('server', 'scan', 'crm');
  const approved = await sallyport('server', 'approve', 'crm', '--yes', ...effects);
  expect(approved).toMatchObject({ code: 0, out: expect.stringContaining('transact (as you say)') });
  expect(objects((await json('server', 'list'))['servers'])).toMatchObject([{ id: 'crm', status: 'approved', tools: 2 }]);
  expect(await sallyport('server', 'list')).toMatchObject({ code: 0, out: expect.stringContaining('approved') });

  fixture.says.set('crm', surfaceSaying({ search: { description: 'Finds people and sends them away.' }, pay: {} }));
  await sallyport('server', 'scan', 'crm');
  expect(await sallyport('server', 'diff', 'crm')).toMatchObject({ code: 0, out: expect.stringContaining('sends them away') });
});

test('a token is printed once, where nothing else is', async () => {
  const { out, err, code } = await sallyport('token', 'create', 'bot', '--for', '/mcp/crm', '--person', 'ann@example.com', '--group', 'support', '--ttl', '1h');
  expect(code).toBe(0);
  expect(out).toMatch(/^spa_[\w-]{43}\n$/);
  expect(err).toContain('only time');
  const listed = await sallyport('token', 'list');
  expect(listed.out).toContain('person ann@example.com');
  expect(listed.out).not.toContain(out.trim());
  const [agent] = objects((await json('token', 'list'))['tokens']);
  expect(await sallyport('token', 'revoke', text(agent?.['id']))).toMatchObject({ code: 0 });
  expect(objects((await json('token', 'list'))['tokens'])).toMatchObject([{ state: 'revoked' }]);
});

test('a client that was refused is listed, and registered as an agent by one command', async () => {
  const seen = { space: 'default', issuer: 'https://idp.example', client: 'desk', principal: 'https://idp.example|ann' };
  await fixture.asGateway.call('control.unknown-client', seen);
  expect(await sallyport('agent', 'list', '--unknown')).toMatchObject({ code: 0, out: expect.stringContaining('https://idp.example|desk') });
  const [finding] = objects((await json('agent', 'list', '--unknown'))['unknown']);
  const wishes = ['--owner', 'me', '--purpose', 'tickets', '--client', text(finding?.['id'])];
  expect(await sallyport('agent', 'register', 'desk', ...wishes)).toMatchObject({ code: 2, err: expect.stringContaining('--allow is missing') });
  const both = await sallyport('agent', 'register', 'desk', ...wishes, '--allow', '*', '--allow', 'crm');
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining('* stands alone') });
  expect(await sallyport('agent', 'register', 'desk', ...wishes, '--allow', 'crm=read,write', '--for', '30d')).toMatchObject({ code: 0 });
  expect(objects((await json('agent', 'list'))['agents'])).toMatchObject([
    { id: 'desk', clients: ['https://idp.example|desk'], allow: [{ server: 'crm', effects: ['read', 'write'] }], conversations: false },
  ]);
  expect((await json('agent', 'list', '--unknown'))['unknown']).toEqual([]);
  expect(await sallyport('agent', 'show', 'desk')).toMatchObject({ code: 0, out: expect.stringContaining('crm: read, write') });
  expect(await sallyport('agent', 'renew', 'desk', '--expires', '2027-01-31')).toMatchObject({ code: 0, out: expect.stringContaining('2027-01-31') });
  expect(await sallyport('agent', 'renew', 'desk', '--expires', 'soon')).toMatchObject({ code: 2 });
  expect(await sallyport('agent', 'remove', 'desk')).toMatchObject({ code: 0, out: expect.stringContaining('its open calls end') });
});

test('a flow context is listed, shown, frozen and reset; people and tools are stopped by name', async () => {
  const key = 'a'.repeat(32);
  const add = { confidentiality: 'confidential', categories: ['pii'], integrity: 'untrusted' };
  const gateway = crypto.randomUUID();
  await fixture.asGateway.call('control.context', {
    space: 'default', key, principal: 'https://idp.example|ann', agent: 'desk', actors: [], add, asks: false, gateway,
  });
  expect(await sallyport('context', 'list')).toMatchObject({ code: 0, out: expect.stringContaining('confidential, pii, untrusted') });
  await fixture.asGateway.call('control.freeze', { space: 'default', context: key, why: 'too much', exchange: 'e', principal: 'p', agent: 'desk' });
  expect(await json('context', 'show', key)).toMatchObject({ state: 'frozen', labels: add });
  expect(await sallyport('kill', 'context', key, '--off', '--reason', 'looked at')).toMatchObject({ code: 0 });
  expect(await sallyport('context', 'reset', key, '--reason', 'another task')).toMatchObject({ code: 0 });
  expect(await json('context', 'show', key)).toMatchObject({ state: 'open', labels: { confidentiality: 'public', categories: [], integrity: 'trusted' } });
  expect(await sallyport('context', 'reset', 'b'.repeat(32), '--reason', 'x')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_NOT_FOUND') });
  expect(await sallyport('kill', 'principal', 'https://idp.example|ann', '--reason', 'x')).toMatchObject({ code: 0 });
  expect(await sallyport('kill', 'tool', 'crm/pay', '--reason', 'x')).toMatchObject({ code: 0, out: expect.stringContaining('crm/pay') });
  expect(await sallyport('kill', 'tool', 'pay', '--reason', 'x')).toMatchObject({ code: 1, err: expect.stringContaining('<server>/<tool>') });
  expect(await json('status')).toMatchObject({ killed: { principals: ['default/https://idp.example|ann'], tools: ['default/crm/pay'], contexts: [] } });
  const thrown = [['principal', 'https://idp.example|ann'], ['tool', 'crm/pay']] as const;
  for (const [target, name] of thrown) await sallyport('kill', target, name, '--off', '--reason', 'x');
});

test('a manifest is applied, exported, checked and tested, with a running control or without', async () => {
  const manifest = join(folder, 'sallyport.yaml');
  const declared = `apiVersion: sallyport/v1
servers:
  crm:
    url: https://crm.example/mcp
    owner: me@example.com
    credentials: { type: header, header: x-key, secret: env:CRM_KEY }
    tools: { search: { effect: read } }
roles: { reader: { allow: [{ server: crm, effects: [read] }] } }
bindings: [{ role: reader, to: { group: support } }]
policies: [a.cedar]
`;
  writeFileSync(manifest, declared);
  writeFileSync(join(folder, 'a.cedar'), '@id("no")\nforbid(principal, action == Action::"call_tool", resource) when { resource.effect == "destroy" };\n');
  writeFileSync(join(folder, 'tests.yaml'), `principals: { ann: { groups: [support] } }
tests: [{ name: reads, as: ann, server: crm, tool: search, expect: allow }, { name: others, as: ann, server: crm, tool: pay, expect: deny }]
`);
  expect(await sallyport('policy', 'check', '-f', manifest, '--home', '/nonexistent')).toMatchObject({ code: 0, out: expect.stringContaining('compile') });
  expect(
    await spawned('policy', 'test', 'tests.yaml', '-f', manifest, '--home', '/nonexistent'),
  ).toMatchObject({ code: 0, out: expect.stringContaining('passed') });
  expect(await sallyport('apply', '-f', manifest, '--dry-run')).toMatchObject({ code: 0, out: expect.stringContaining('Nothing was changed') });
  expect(await json('apply', '-f', manifest)).toMatchObject(
    { dryRun: false, differences: expect.arrayContaining([{ resource: 'role', id: 'reader', verb: 'add' }]) },
  );
  expect(await sallyport('apply', '-f', manifest)).toMatchObject({ code: 0, out: expect.stringContaining('already matches') });
  expect(await spawned('policy', 'test', 'tests.yaml')).toMatchObject({ code: 0 });
  writeFileSync(
    join(folder, 'wrong.yaml'), 'principals: { ann: { groups: [support] } }\ntests: [{ name: no, as: ann, server: crm, tool: search, expect: deny }]\n',
  );
  expect(await spawned('policy', 'test', 'wrong.yaml')).toMatchObject({ code: 1, out: expect.stringContaining('FAILED') });
  expect(await spawned('policy', 'check', 'a.cedar')).toMatchObject({ code: 0 });
  const bad = Array.from({ length: 30 }, (_, at) => `@id("${at}")\npermit(principal, action, resource) when { resource.no };\n`);
  writeFileSync(join(folder, 'bad.cedar'), bad.join(''));
  expect(await spawned('policy', 'check', 'bad.cedar')).toMatchObject({ code: 1, out: expect.stringMatching(/bad\.cedar:\d+:[^]*\nand \d+ more\n$/) });
  writeFileSync(manifest, declared.replace('a.cedar', 'bad.cedar'));
  expect(await sallyport('apply', '-f', manifest)).toMatchObject({ code: 1, err: expect.stringMatching(/\nand \d+ more\n/) });
  writeFileSync(manifest, `${declared}unknown: 1\n`);
  expect(await sallyport('apply', '-f', manifest)).toMatchObject({ code: 1, err: expect.stringMatching(/ERR_CONFIG_INVALID: .*sallyport\.yaml:11:1/) });
  expect(await spawned('export', '--to', 'exported')).toMatchObject({ code: 0, out: expect.stringContaining('a.cedar') });
  expect(await spawned('export', '--to', 'exported')).toMatchObject({ code: 1 });
  expect(await spawned('policy', 'check', '-f', join('exported', 'sallyport.yaml'))).toMatchObject({ code: 0 });
});

test('questions and switches answer in words and in JSON', async () => {
  expect(
    await sallyport('policy', 'init', '--template', 'read-only', '--group', 'support', '--server', 'crm'),
  ).toMatchObject({ code: 0, out: expect.stringContaining('permit') });
  expect(await sallyport('policy', 'matrix')).toMatchObject({ code: 0, out: expect.stringContaining('crm/search') });
  expect(await sallyport('policy', 'explain', 'no-such')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_NOT_FOUND') });
  const exception = await json(
    'exception', 'add', '--server', 'crm', '--tool', 'pay', '--to', 'group:support', '--reason', 'month end', '--owner', 'ann', '--approver',
    'bob', '--for', '1d',
  );
  expect(await sallyport('exception', 'list')).toMatchObject({ code: 0, out: expect.stringContaining('month end') });
  expect(await sallyport('exception', 'remove', text(exception['id']))).toMatchObject({ code: 0 });
  expect(await sallyport('toolset', 'put', 'desk', '--tools', 'crm=search')).toMatchObject({ code: 0, out: expect.stringContaining('/mcp/t/desk') });
  expect(await sallyport('kill', 'server', 'crm', '--reason', 'odd')).toMatchObject({ code: 0 });
  expect(part(await json('kill', 'status'), 'servers')).toEqual(['crm']);
  expect(await sallyport('audit', 'query', '--event', 'config.changed')).toMatchObject({ code: 0, out: expect.stringContaining('server.approve') });
  expect(await sallyport('status')).toMatchObject({ code: 0, out: expect.stringContaining('ledger') });
  // Nothing watches control here and no runner answers: doctor must say so and fail.
  expect(await sallyport('doctor')).toMatchObject({ code: 1, out: expect.stringContaining('no call passes') });
});

test('a server that is a package is pinned, upgraded and kept in the store', async () => {
  const registry = await openRegistry();
  writeFileSync(join(folder, 'packages.yaml'), `apiVersion: sallyport/v1\npackages: { npm: ${registry.npm} }\n`);
  expect(await spawned('apply', '-f', 'packages.yaml', '--space', 'default')).toMatchObject({ code: 0 });
  registry.publish({ name: 'tool', version: '1.0.0', bin: 'x.js' }, { 'x.js': '1' });
  const added = await sallyport('server', 'add', 'tool', '--owner', 'me@example.com', '--', 'npx', '-y', 'tool', 'arg');
  expect(added).toMatchObject({ code: 0, out: expect.stringContaining('npx -y tool@1.0.0 arg') });
  registry.publish({ name: 'tool', version: '1.1.0', bin: 'x.js', scripts: { install: 'x' } }, { 'x.js': '2' });
  const dry = await sallyport('server', 'upgrade', 'tool', '--dry-run');
  for (const said of [/tool +│ 1\.0\.0 +│ 1\.1\.0/, 'changed node_modules/tool/x.js', '! tool: its scripts install are not run',
    'No server was changed']) expect(dry.out).toMatch(said);
  expect(await sallyport('server', 'upgrade', 'tool', '--to', '1.1.0')).toMatchObject({ code: 0, out: expect.stringContaining('waits for approval') });
  const digest = text(part(await json('server', 'show', 'tool'), 'package', 'digest'));
  expect(await sallyport('server', 'package', 'list')).toMatchObject({ code: 0, out: expect.stringContaining('npm:tool@1.1.0') });
  expect(await sallyport('server', 'package', 'show', digest.slice(0, 12))).toMatchObject({ code: 0, out: expect.stringContaining('not said') });
  expect(await sallyport('server', 'package', 'verify')).toMatchObject({ code: 0, out: expect.stringContaining('is what was installed') });
  expect(await sallyport('server', 'package', 'remove', digest)).toMatchObject({ code: 1, err: expect.stringContaining('ERR_CONFLICT') });
  expect(await sallyport('server', 'package', 'remove', '--unused')).toMatchObject({ code: 0, out: '1 removed.\n' });
  expect(await sallyport('server', 'package', 'frobnicate')).toMatchObject({ code: 2 });
  const scope = ['--package', 'npm:tool', '--rule', 'cooling-off', '--reason', 'r', '--owner', 'o', '--approver', 'a', '--for', '3d'];
  expect(await sallyport('exception', 'add', ...scope)).toMatchObject({ code: 0 });
  expect(await sallyport('exception', 'list')).toMatchObject({ code: 0, out: expect.stringContaining('npm:tool: cooling-off') });
  writeFileSync(join(folder, 'tool.json'),
    JSON.stringify({ mcpServers: { again: { command: 'npx', args: ['-y', 'tool', 'arg'] }, other: { command: 'npx', args: ['tool'] } } }));
  const { out } = await spawned('import', '--from', 'tool.json', '--owner', 'me@example.com');
  expect(out).toContain('it is declared already, as tool');
  expect(part(await json('server', 'show', 'other'), 'package', 'declared')).toEqual(['npx', 'tool@1.1.0']);
  await registry.close();
}, 30_000);

test('what a client has is imported without its secrets', async () => {
  writeFileSync(
    join(folder, 'mcp.json'),
    JSON.stringify({ mcpServers: { notes: { command: '/usr/bin/notes', args: ['--all'], env: { NOTES_TOKEN: 'sk-abcdefghijklmnop1234' } } } }),
  );
  const dry = await spawned('import', '--from', 'mcp.json', '--owner', 'me@example.com', '--dry-run');
  expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('would be declared') });
  const { out, code } = await spawned('import', '--from', 'mcp.json', '--owner', 'me@example.com');
  expect(code).toBe(0);
  expect(out).not.toContain('sk-abcdefghijklmnop1234');
  expect(JSON.stringify(await json('server', 'show', 'notes'))).not.toContain('sk-abcdefghijklmnop1234');
  // Any client of the table is known by its id, with its own forms, at home and in this folder.
  mkdirSync(join(folder, '.codex'));
  writeFileSync(join(folder, '.codex/config.toml'), '[mcp_servers.drawings]\nurl = "https://drawings.example/mcp"\nbearer_token_env_var = "DRAWINGS"\n');
  const toml = await sallyport('import', '--from', 'codex', '--owner', 'me@example.com', '--dry-run');
  expect(toml).toMatchObject({ code: 0, out: expect.stringContaining('drawings') });
});

test('the tail shows records as they are written, until it is told to stop', async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts'), 'audit', 'tail', '--json'], {
    env: { PATH: process.env['PATH'], SALLYPORT_HOME: fixture.home }, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe',
  });
  const reader = child.stdout.getReader();
  const first = reader.read();
  // The tail begins whenever the child is ready: change something until it has seen one change.
  const seen = Promise.withResolvers<boolean>();
  void first.then(() => seen.resolve(true));
  do {
    await fixture.api('PUT', '/kill', { target: 'agent', name: 'bot', on: true, reason: 'test' });
  } while (!(await Promise.race([seen.promise, Bun.sleep(20).then(() => false)])));
  expect(new TextDecoder().decode((await first).value)).toContain('"kill.on"');
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
});
