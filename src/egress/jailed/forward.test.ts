import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../../test/fixtures/certificate.ts';
import { stageEgress, startHost, type EgressStage, type TestHost } from '../../../test/fixtures/egress-stage.ts';
import { jailCommand } from '../../sandbox/jail/jail.ts';
import { probeJails } from '../../sandbox/jail/probe.ts';
import { pidInJail, startJailed } from '../../sandbox/jail/start.ts';
import { systemMounts } from '../../sandbox/jail/system.ts';
import { wayOf } from '../way.ts';

let stage: EgressStage;
let host: TestHost;
let plain: TestHost;
let cert: string;
const ROOT = join(import.meta.dir, '../../..');
const NODE = realpathSync(join(ROOT, 'node_modules/.bin/node'));

beforeAll(async () => {
  stage = stageEgress();
  const pair = await makeCertificate(['api.mail.test', 'deep.api.wide.test']);
  ({ cert } = pair);
  [host, plain] = [await startHost(pair), await startHost()];
});
afterAll(async () => {
  for (const one of [stage, host, plain]) await one.close();
});

/** Runs a command in a jail whose server may reach `network`; what it said on both outputs. */
async function inJail(network: readonly string[], command: readonly string[]): Promise<{ readonly said: string; readonly code: number }> {
  const support = await probeJails();
  if (support.kind !== 'jails') throw new Error(support.why);
  const [id, ticket] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
  stage.networks.set(id, network);
  await stage.door.admit({ id, ticket, space: 'default', server: id });
  const folder = join(stage.folder, 'jails', id);
  const way = wayOf({ network, folder, ticket, runtime: process.execPath, program: import.meta.dir });
  const jail = {
    mounts: [
      ...systemMounts('programs'), { kind: 'tmp', at: '/tmp', bytes: 2 ** 20 } as const, ...way.mounts,
      { kind: 'read', from: NODE, at: '/node' } as const, { kind: 'text', at: '/ca.pem', text: cert } as const,
    ],
    network: 'none', spawning: 'processes', lowPorts: true, limits: { dataBytesMax: 2 ** 30, filesMax: 1024, fileBytesMax: 2**30, processesMax: 96 }, cwd: '/',
  } as const;
  const wrapped = jailCommand(jail, way.wrap(command), support.machine);
  const { child, told } = startJailed(wrapped, (argv, descriptors) => Bun.spawn([...argv], {
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors], env: { PATH: '/usr/bin:/bin', NODE_EXTRA_CA_CERTS: '/ca.pem', SSL_CERT_FILE: '/ca.pem', HOME: '/tmp' },
  }));
  await pidInJail(told, () => child.exitCode !== null);
  const said = await new Response(child.stdout).text() + await new Response(child.stderr).text();
  return { said, code: await child.exited };
}

const near = (name: string, { port }: TestHost): string => `${name}:${port} in 127.0.0.1/32`;
const fetching = (url: string): readonly string[] =>
  ['/node', '-e', `fetch('${url}').then((r) => r.text()).then(console.log, (e) => console.log('failed', e.cause?.code))`];

test('programs that know of no proxy reach what their server may, by its real name and port', async () => {
  const network = [near('api.mail.test', host), near('*.wide.test', host), `${near('localhost', plain)} without tls`];
  const url = `https://api.mail.test:${host.port}/`;
  expect((await inJail(network, fetching(url))).said).toContain(`hello from api.mail.test:${host.port}`);
  expect((await inJail(network, ['curl', '-sS', url])).said).toContain('hello from api.mail.test');
  const python = `import urllib.request; print(urllib.request.urlopen('${url}').read())`;
  expect((await inJail(network, ['/usr/bin/python3', '-c', python])).said).toContain('hello from');
  stage.names.set('deep.api.wide.test', ['127.0.0.1']);
  expect((await inJail(network, fetching(`https://deep.api.wide.test:${host.port}/`))).said).toContain('hello from deep.api.wide.test');
  expect((await inJail(network, fetching(`http://localhost:${plain.port}/`))).said).toContain('hello from localhost');
});

test('what a server starts has no right to low ports, and its own variables', async () => {
  const { said } = await inJail(['a.test:443'], ['/bin/sh', '-c', 'grep Cap /proc/self/status; env; cat /etc/hosts']);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(said).toContain(`${set}:\t0000000000000000\n`);
  expect(said).toContain('SSL_CERT_FILE=/ca.pem');
  expect(said).toContain('127.66.0.1 a.test');
});

test('what it may not reach has no name, and that it asked is on record', async () => {
  const before = stage.records.length;
  expect((await inJail([`api.mail.test:${host.port} in 127.0.0.1/32`], fetching('https://collector.evil.test/'))).said).toContain('failed ENOTFOUND');
  const record = stage.records.slice(before).find(({ event }) => event === 'connection.refused');
  expect(record).toMatchObject({ code: 'ERR_EGRESS_FORBIDDEN', detail: { host: 'collector.evil.test' }, category: 'detection' });
  const urls = ['http://93.184.215.14/', 'http://169.254.169.254/', 'http://[::1]:1/', 'http://127.1:443/', 'http://0x7f.1:443/', 'http://127.66.0.1/'];
  const tries = `Promise.all(${JSON.stringify(urls)}.map((url) => fetch(url).then(() => 'got', () => 'failed'))).then((all) => console.log(all.join()))`;
  expect((await inJail(['a.test:444'], ['/node', '-e', tries])).said).toBe(`${urls.map(() => 'failed').join(',')}\n`);
});
