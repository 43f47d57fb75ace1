import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../../test/fixtures/in-process-cli.ts';
import type { Outcome } from '../../../test/fixtures/spawned-cli.ts';
import { objects, part, text } from '../json-view.ts';
import { crm, openControl, surfaceSaying } from '../../control/fixture-control.ts';
import type { ControlFixture } from '../../control/fixture-control.ts';

let fixture: ControlFixture;
let root = '';
beforeAll(async () => {
  root = mkdtempSync('/tmp/sp-enforce-cli-');
  fixture = await openControl();
  const manifest = 'apiVersion: sallyport/v1\ngateway: { listen: 127.0.0.1:7443, publicUrl: "https://gate.example:7443" }\n';
  await fixture.api('POST', '/manifest', { file: 'sallyport.yaml', text: manifest, policies: [] });
  for (const id of ['crm', 'wiki']) {
    await fixture.api('POST', '/servers', crm(id));
    fixture.says.set(id, surfaceSaying({ find: {} }));
  }
  const scanned = await fixture.api('POST', '/servers/crm/scan');
  const approved = await fixture.api('POST', '/servers/crm/approve', { digest: text(part(scanned.body, 'candidate', 'digest')), effects: { find: 'read' } });
  expect([scanned.status, approved.status]).toEqual([200, 200]);
});
afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await fixture.close();
});

const sallyport = (...args: readonly string[]): Promise<Outcome> => runCli(['config', 'enforce', ...args], { folder: root, home: fixture.home });

async function query(event: 'file.enforced' | 'file.changed'): Promise<string> {
  return JSON.stringify((await fixture.role.control.ledger.query({ space: 'default', event })).entries);
}

test('what the registry approved is written to a machine, on record; what drifts from it is told, recorded, and makes the exit code 1', async () => {
  const servers = { crm: { command: join(import.meta.dir, '../../../bin/sallyport'), args: ['connect', 'crm'] }, rogue: { command: 'npx', args: ['rogue'] } };
  writeFileSync(join(root, '.claude.json'), JSON.stringify({ mcpServers: servers }));
  const shown = await sallyport();
  const { configured } = JSON.parse((await sallyport('--json')).out);
  expect(configured).toEqual([
    { client: 'claude-code', server: 'crm', file: join(root, '.claude.json'), loads: true },
    { client: 'claude-code', server: 'rogue', file: join(root, '.claude.json'), loads: false },
  ]);
  expect(shown.out).toContain('1 server is sanctioned');
  // Commands are compared word for word: an entry that connects for a group loads where that is what is sanctioned.
  writeFileSync(join(root, '.claude.json'), JSON.stringify({ mcpServers: { crm: { ...servers.crm, args: ['connect', 'crm', '--group', 'me'] } } }));
  const loads = async (...args: readonly string[]): Promise<unknown> =>
    objects(part(JSON.parse((await sallyport('--json', ...args)).out), 'configured'))[0]?.['loads'];
  expect([await loads(), await loads('--group', 'me')]).toEqual([false, true]);
  expect(shown.out).toContain('--allowed-mcp-server-names');
  const written = await sallyport('--write', '--root', root, '--system', 'linux');
  expect([written.code, written.err]).toEqual([0, '']);
  const settings = join(root, 'etc/claude-code/managed-settings.d/50-sallyport.json');
  expect(readFileSync(settings, 'utf8')).toContain('https://gate.example:7443/mcp/crm');
  expect(readFileSync(settings, 'utf8')).not.toContain('wiki');
  expect(existsSync(join(root, 'etc/codex/requirements.toml'))).toBe(true);
  expect(await sallyport('--check', '--root', root, '--system', 'linux')).toMatchObject({ code: 0 });
  writeFileSync(settings, '{}');
  const drifted = await sallyport('--check', '--root', root, '--system', 'linux');
  expect([drifted.code, drifted.out]).toEqual([1, expect.stringContaining('differs')]);
  expect(await query('file.enforced')).toContain('/etc/codex/requirements.toml');
  expect(await query('file.changed')).toContain('enforcement differs');
}, 30_000);

test('a client without a place for it is told so, with what is left', async () => {
  const { code, err } = await sallyport('--for', 'cursor');
  expect([code, err]).toEqual([1, expect.stringContaining('hooks.json')]);
});
