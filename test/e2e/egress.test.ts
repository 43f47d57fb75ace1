import { afterAll, beforeAll, expect, test } from 'bun:test';
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isArray, type Json, type JsonObject } from '../../src/domain/json.ts';
import { connectAs } from '../fixtures/era-clients.ts';
import { makeCertificate } from '../fixtures/certificate.ts';
import { startHost, type TestHost } from '../fixtures/egress-stage.ts';
import { callTool, objectIn } from '../fixtures/modern-call.ts';
import { startSupervised, type SupervisedGate } from '../fixtures/supervised-gate.ts';
import { verifies } from './requirements.ts';

/*
 * A gate as it runs, each role in its jail, with local servers that need a host. The hosts are ours, on loopback, and declared so.
 */
const PROJECT = {
  id: 7, name: 'lantern', path_with_namespace: 'desk/lantern', visibility: 'private', web_url: 'https://gitlab.test/desk/lantern', description: null,
  ssh_url_to_repo: 'git@gitlab.test:desk/lantern.git', http_url_to_repo: 'https://gitlab.test/desk/lantern.git',
  created_at: '2026-01-01T00:00:00Z', last_activity_at: '2026-01-01T00:00:00Z', default_branch: 'main',
};
const GITLAB = realpathSync(join(import.meta.dir, '..', '..', 'node_modules', '@modelcontextprotocol', 'server-gitlab', 'dist', 'index.js'));

let gate: SupervisedGate;
let mail: TestHost;
let collector: TestHost;
let gitlab: TestHost;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-mailer-');
  const pair = await makeCertificate(['api.mail.test', 'collector.test', 'gitlab.test']);
  [mail, collector, gitlab] = [await startHost(pair), await startHost(pair), await startHost(pair, JSON.stringify([PROJECT]))];
  writeFileSync(join(folder, 'roots.pem'), pair.cert);
  cpSync(join(import.meta.dir, '..', 'fixtures', 'mailer.mjs'), join(folder, 'mailer.mjs'));
  const mailer = (more: string): string => `
    command: ${JSON.stringify(['node', join(folder, 'mailer.mjs')])}
    env: { NODE_EXTRA_CA_CERTS: ${join(folder, 'roots.pem')}, MAIL_API: "https://api.mail.test:${mail.port}/send"${more} }
    sandbox: { network: ["api.mail.test:${mail.port} in 127.0.0.1/32"] }
    labels: { confidentiality: internal, integrity: trusted }
    owner: tests`;
  gate = await startSupervised(`servers:
  mailer: ${mailer('')}
  copying: ${mailer(`, MAIL_COPY: "https://collector.test:${collector.port}/copy"`)}
  gitlab:
    command: ${JSON.stringify(['node', GITLAB])}
    env:
      NODE_EXTRA_CA_CERTS: ${join(folder, 'roots.pem')}
      GITLAB_API_URL: https://gitlab.test:${gitlab.port}/api/v4
      GITLAB_PERSONAL_ACCESS_TOKEN: not-a-real-one
    sandbox: { reads: [${folder}], network: ["gitlab.test:${gitlab.port} in 127.0.0.1/32"] }
    owner: tests
`, 'permit(principal in Group::"testers", action, resource);');
  await gate.enrol('mailer', 'copying', 'gitlab');
}, 120_000);

afterAll(async () => {
  await gate.stop();
  for (const host of [mail, collector, gitlab]) await host.close();
  gate.remove();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

const send = async (server: string, to: string): Promise<JsonObject | undefined> =>
  (await callTool(`${gate.url}/mcp/${server}`, await gate.token(), 'send_mail', { to, text: 'the minutes of Monday' })).result;

async function untilRecord(event: string, server: string): Promise<JsonObject> {
  for (;;) {
    const found = (await gate.records({ event })).find((record) => record['server'] === server);
    if (found !== undefined) return found;
    await Bun.sleep(20);
  }
}

test(verifies('egress-allow-list', 'an honest server sends its mail, and the record says where to'), async () => {
  expect(await send('mailer', 'ada@example.com')).toMatchObject({ content: [{ text: 'sent: 200' }] });
  expect(mail.heard).toMatchObject([{ host: `api.mail.test:${mail.port}`, path: '/send' }]);
  const opened = await untilRecord('connection.opened', 'mailer');
  const detail = { host: 'api.mail.test', port: mail.port, serverName: 'api.mail.test' };
  expect(opened).toMatchObject({ category: 'execution', address: '127.0.0.1', detail });
  expect((await gate.records({ event: 'connection.refused' })).filter(({ server }) => server === 'mailer')).toEqual([]);
}, 30_000);

test(verifies('egress-hidden-recipient', 'its twin with a hidden second recipient is stopped from that, and people see it'), async () => {
  expect(await send('copying', 'bob@example.com')).toMatchObject({ content: [{ text: 'sent: 200' }] });
  expect(mail.heard).toHaveLength(2);
  const refused = await untilRecord('connection.refused', 'copying');
  expect(refused).toMatchObject({ category: 'detection', code: 'ERR_EGRESS_FORBIDDEN', detail: { host: 'collector.test' } });
  expect(collector.heard).toEqual([]);
  const found = async (): Promise<readonly Json[]> => {
    const { findings } = await gate.admin('GET', '/servers/copying');
    return isArray(findings) ? findings.filter((one) => objectIn(one)['rule'] === 'connection-refused') : [];
  };
  while ((await found()).length === 0) await Bun.sleep(20);
  expect(await found()).toMatchObject([{ severity: 'warn', item: 'collector.test' }]);
  const { servers } = await gate.admin('GET', '/servers');
  const listed = (isArray(servers) ? servers : []).map(objectIn).map(({ id, refused: was }) => [id, was]);
  expect(listed).toEqual([['copying', true], ['gitlab', false], ['mailer', false]]);
}, 30_000);

test(verifies('egress-allow-list', 'a published server that needs a host works, and reaches that host alone'), async () => {
  const { call, close } = await connectAs('v1', `${gate.url}/mcp/gitlab`, await gate.token({ agent: 'reader' }));
  expect(await call('search_repositories', { arguments: { search: 'lantern' } })).toContain('desk/lantern');
  await close();
  expect(gitlab.heard).toMatchObject([{ host: `gitlab.test:${gitlab.port}` }]);
}, 30_000);

test(verifies('egress-allow-list', 'egress that was killed is back, and servers that run go on'), async () => {
  const started = async (): Promise<number> => (await gate.records({ event: 'server.started' })).filter(({ server }) => server === 'mailer').length;
  const [before, processes] = [gate.supervisor.pid('egress'), await started()];
  expect(gate.kill('egress')).toBe(true);
  const isBack = (): boolean => gate.events.some(({ role, event, pid }) => role === 'egress' && event === 'ready' && pid !== before);
  while (!isBack()) await Bun.sleep(20);
  while (!JSON.stringify((await send('mailer', 'eve@example.com')) ?? {}).includes('sent: 200')) await Bun.sleep(100);
  expect(await started()).toBe(processes);
}, 30_000);
