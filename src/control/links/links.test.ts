import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { startCountingServer } from '../../../test/fixtures/counting-server.ts';
import { freePort } from '../../../test/fixtures/free-port.ts';
import { administer, type Administration } from '../../../test/fixtures/gate.ts';
import { callTool } from '../../../test/fixtures/modern-call.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { connectLink } from '../../link/connect.ts';
import type { Credentials } from '../../link/machines/credentials.ts';
import { joinMachines } from '../../link/machines/join.ts';
import { readJoinToken, writeJoinToken } from '../../link/machines/token.ts';
import { startControl } from '../../roles/control.ts';
import { openFleet } from '../../roles/fleet.ts';
import { startGateway } from '../../roles/gateway.ts';
import { runLedger } from '../../roles/ledger.ts';
import { startRunner } from '../../roles/runner.ts';
import { removeHome } from '../../../test/fixtures/record-judge.ts';

const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'sp-f-'));
  endings.push(() => removeHome(home));
  return home;
}

interface Centre extends Administration {
  readonly home: string;
  readonly at: string;
  readonly ports: Readonly<Record<'control' | 'ledger' | 'runner' | 'gateway', number>>;
  joinToken(role: string, node: string, ttlMs?: number): Promise<string>;
}

/** Control and ledger in one home, where other machines find control. */
async function startCentre({ manifest = '', linkCertificateMs = LIMITS.linkCertificateMs } = {}): Promise<Centre> {
  const home = makeHome();
  const file = join(home, 'sallyport.yaml');
  writeFileSync(join(home, 'policy.cedar'), 'permit(principal in Group::"testers", action, resource);');
  writeFileSync(file, `apiVersion: sallyport/v1\npolicies: [policy.cedar]\n${manifest}`);
  const ports = { control: freePort(), ledger: freePort(), runner: freePort(), gateway: freePort() };
  const peers = { runner: `127.0.0.1:${ports.runner}`, 'gateway/b': `127.0.0.1:${ports.gateway}` };
  const ledger = await runLedger({ home, strict: false, fleet: { listen: `127.0.0.1:${ports.ledger}` } });
  endings.push(() => ledger.close());
  const control = await startControl({
    home, manifest: file, insecureLoopback: true, fleet: { listen: `127.0.0.1:${ports.control}`, peers }, linkCertificateMs,
  });
  endings.push(() => control.close());
  const gate = administer(home);
  const joinToken = async (role: string, node: string, ttlMs = 60_000): Promise<string> => {
    const { token } = await gate.admin('POST', '/links/tokens', { role, node, ttlMs });
    if (typeof token !== 'string') throw new Error('no token was made');
    return token;
  };
  return { home, at: `127.0.0.1:${ports.control}`, ports, ...gate, joinToken };
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

function nodesIn(answer: JsonObject): readonly (readonly unknown[])[] {
  return isArray(answer['nodes']) ? answer['nodes'].filter(isObject).map(({ role, node, state }) => [role, node, state]) : [];
}

test('a gateway, a runner and the ledger join control, and calls go through all of them', async () => {
  const crm = startCountingServer(join(makeHome(), 'effects'));
  endings.push(() => crm.stop());
  const centre = await startCentre({ manifest: `servers: { crm: { url: "${crm.url}", allowPrivate: true, owner: tests } }\n` });
  const { ports } = centre;
  const ledger = `127.0.0.1:${ports.ledger}`;
  // The ledger runs before there can be a token for it; it listens for others as soon as it has joined.
  await joinMachines(centre.home, { role: 'ledger', node: 'ledger' }, await centre.joinToken('ledger', 'ledger'));
  const runner = await startRunner({
    home: makeHome(), fleet: { node: 'r1', listen: `127.0.0.1:${ports.runner}`, join: await centre.joinToken('runner', 'r1'), peers: { ledger } },
  });
  endings.push(() => runner.close());
  const gateway = await startGateway({
    home: makeHome(), listen: '127.0.0.1:0', insecureLoopback: true, node: 'b',
    fleet: { listen: `127.0.0.1:${ports.gateway}`, join: await centre.joinToken('gateway', 'b'), peers: { ledger, runner: `127.0.0.1:${ports.runner}` } },
  });
  endings.push(() => gateway.close());
  expect(nodesIn(await centre.admin('GET', '/links'))).toEqual([['gateway', 'b', 'joined'], ['ledger', 'ledger', 'joined'], ['runner', 'r1', 'joined']]);
  await centre.enrol('crm');
  const called = await callTool(`${gateway.url}/mcp/crm`, await centre.token(), 'charge', { id: 'one' });
  expect(called.result).toBeDefined();
  const delivered = await centre.records({ event: 'result.delivered', node: 'b' });
  expect(delivered.filter(({ tool }) => tool === 'charge')).toHaveLength(1);
  expect(await centre.admin('GET', '/status')).toMatchObject({ roles: { gateways: 1, ledger: true, runner: true } });
}, 30_000);

test('a token is good once, for its role and node, and not for long; what is wrong is not said, and is on record', async () => {
  const centre = await startCentre();
  const token = await centre.joinToken('gateway', 'b');
  const [gateway, runner] = [{ role: 'gateway', node: 'b' }, { role: 'runner', node: 'b' }] as const;
  expect(await codeOf(joinMachines(makeHome(), runner, token))).toBe('ERR_LINK_AUTH');
  // Somebody who changed the token itself to say so.
  const changed = writeJoinToken({ ...readJoinToken(token), ...runner });
  expect(await codeOf(joinMachines(makeHome(), runner, changed))).toBe('ERR_LINK_AUTH');
  const home = makeHome();
  expect((await joinMachines(home, gateway, token)).machine).toMatchObject(gateway);
  expect(await codeOf(joinMachines(makeHome(), gateway, token))).toBe('ERR_LINK_AUTH');
  const short = await centre.joinToken('gateway', 'c', 1_000);
  await Bun.sleep(1_050);
  expect(await codeOf(joinMachines(makeHome(), { role: 'gateway', node: 'c' }, short))).toBe('ERR_LINK_AUTH');
  const back = await centre.admin('POST', '/links/tokens', { role: 'gateway', node: 'd' });
  await centre.admin('DELETE', `/links/tokens/${text(back['id'])}`);
  expect(await codeOf(joinMachines(makeHome(), { role: 'gateway', node: 'd' }, text(back['token'])))).toBe('ERR_LINK_AUTH');
  expect(await codeOf(centre.admin('POST', '/links/tokens', { role: 'control', node: 'x' }))).not.toBe('');
  const refused = await centre.records({ event: 'call.refused' });
  expect(refused.filter(({ code, address }) => code === 'ERR_LINK_AUTH' && address === 'link')).toHaveLength(4);
  const acts = (await centre.records({ event: 'config.changed' })).map(({ action }) => action);
  for (const action of ['link-token.create', 'link.join', 'link-token.remove']) expect(acts).toContain(action);
  // Neither in the store nor in the journal is there anything that somebody could join by.
  const secret = /"secret":"([^"]+)"/.exec(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())?.[1] ?? 'none';
  expect(readFileSync(join(centre.home, 'control', 'store.db')).includes(secret)).toBe(false);
}, 20_000);

test('a revoked node is cut off everywhere, and gets no certificate any more; joining anew needs a new token', async () => {
  const centre = await startCentre();
  const home = makeHome();
  const credentials = await joinMachines(home, { role: 'gateway', node: 'b' }, await centre.joinToken('gateway', 'b'));
  const [hostname = '', port = ''] = centre.at.split(':');
  const dial = (by: Credentials): ReturnType<typeof connectLink> => {
    const link = connectLink({ home, self: 'gateway', peer: 'control', machine: { address: { hostname, port: Number(port) }, credentials: () => by } });
    endings.push(() => link.close());
    return link;
  };
  const link = dial(credentials);
  const watching = link.stream('control.watch', { gateway: crypto.randomUUID() }, AbortSignal.timeout(10_000))[Symbol.asyncIterator]();
  await watching.next();
  expect(await link.call('control.renew', {})).toMatchObject({ certificate: expect.stringContaining('BEGIN CERTIFICATE') });
  await centre.admin('POST', '/links/nodes/gateway/b/revoke');
  const ended = async (): Promise<unknown> => {
    for (;;) if ((await watching.next()).done === true) return 'ended';
  };
  expect(await codeOf(ended())).toMatch(/ERR_LINK/);
  expect(await codeOf(dial(credentials).call('control.keys', {}))).toMatch(/ERR_LINK/);
  const again = await joinMachines(home, { role: 'gateway', node: 'b' }, await centre.joinToken('gateway', 'b'));
  expect(await dial(again).call('control.keys', {})).toMatchObject({ seal: expect.any(String) });
  expect(await codeOf(dial(credentials).call('control.keys', {}))).toMatch(/ERR_LINK/);
}, 20_000);

test('certificates that live for seconds are renewed again and again, and nothing that is open notices', async () => {
  const centre = await startCentre({ linkCertificateMs: 1_500 });
  const home = makeHome();
  const peers = { runner: `127.0.0.1:${centre.ports.runner}` };
  const runner = await startRunner({ home, fleet: { node: 'r1', listen: peers.runner, join: await centre.joinToken('runner', 'r1') } });
  endings.push(() => runner.close());
  const gateway = await joinMachines(home, { role: 'gateway', node: 'b' }, await centre.joinToken('gateway', 'b'));
  const fleet = openFleet(home, 'gateway', { node: 'b', peers }, () => undefined);
  endings.push(() => fleet.close());
  const links = [fleet.link('control'), fleet.link('runner')];
  let downs = 0;
  for (const link of links) link.onDown(() => (downs += 1));
  const ask = async (): Promise<unknown> => Promise.all([links[0]?.call('control.keys', {}), links[1]?.call('runner.status', {})]);
  while ((await codeOf(ask())) !== 'fulfilled') await Bun.sleep(20);
  const until = gateway.machine.expiresAt + 2_000;
  while (Date.now() < until) {
    await ask();
    await Bun.sleep(50);
  }
  expect(downs).toBe(0);
  const renewals = (await centre.records({ event: 'config.changed' })).filter(({ action }) => action === 'link.renew');
  expect(renewals.length).toBeGreaterThan(3);
}, 30_000);

test('the command line makes tokens, joins by what is piped in, lists and revokes; a token is in no argument', async () => {
  const centre = await startCentre();
  const home = makeHome();
  const token = await sallyport(['link', 'token', '--role', 'gateway', '--node', 'b', '--home', centre.home]);
  expect(token).toStartWith('sallyport-join.');
  expect(await sallyport(['link', 'join', '--role', 'gateway', '--node', 'b', '--home', home], token)).toContain('Joined: gateway b');
  expect(await sallyport(['link', 'list', '--home', centre.home])).toMatch(/gateway │ b +│ joined │ 127/);
  expect(await sallyport(['link', 'revoke', 'gateway', 'b', '--home', centre.home])).toContain('shut out');
  expect(nodesIn(await centre.admin('GET', '/links'))).toEqual([['gateway', 'b', 'revoked']]);
}, 30_000);

async function sallyport(args: readonly string[], input = ''): Promise<string> {
  const main = join(import.meta.dir, '../../cli/main.ts');
  const child = Bun.spawn([process.execPath, main, ...args], { stdin: new Blob([input]), stdout: 'pipe', stderr: 'pipe' });
  const [said, complaint] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(complaint);
  return said;
}
