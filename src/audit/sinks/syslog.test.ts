import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../../test/fixtures/certificate.ts';
import { recordOf } from '../../../test/fixtures/sink-record.ts';
import { startSyslog } from '../../../test/fixtures/syslog-server.ts';
import type { SyslogServer } from '../../../test/fixtures/syslog-server.ts';
import type { Json } from '../../domain/json.ts';
import { readSink } from '../../registry/sink-shape.ts';
import { openLedger } from '../ledger.ts';
import type { Ledger } from '../ledger.ts';
import { runSinks } from './sinks.ts';
import type { RunningSinks } from './sinks.ts';

const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function started(tls: Parameters<typeof startSyslog>[0]): Promise<SyslogServer> {
  const server = await startSyslog(tls);
  endings.push(() => server.stop());
  return server;
}

async function running(spec: Json, roots: string | undefined): Promise<{ readonly ledger: Ledger; readonly sinks: RunningSinks }> {
  const home = mkdtempSync(join(tmpdir(), 'sp-syslog-'));
  const dir = join(home, 'ledger');
  const ledger = await openLedger(dir, { strict: false, reserveBytes: 0 });
  const sinks = runSinks({
    home, dir, source: { origin: 'sallyport.example/log', version: '0.1.0' }, tail: (from, signal) => ledger.tail(from, signal),
    next: () => ledger.next, news: () => undefined,
  });
  endings.push(() => rmSync(home, { recursive: true, force: true }), () => ledger.close(), () => sinks.close());
  await sinks.configure({ sinks: { siem: readSink(spec, roots) }, pseudonyms: { on: true, key: new Uint8Array(32) } });
  return { ledger, sinks };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(10);
}

const spec = (server: SyslogServer, of: Record<string, Json> = {}): Json => ({
  type: 'syslog', address: `localhost:${server.port}`, from: 'start', batch: { wait: '1s', records: 50 }, ...of,
});
const append = (ledger: Ledger, count: number): Promise<readonly number[]> => ledger.append(Array.from({ length: count }, () => recordOf()));

test('a real rsyslog over TLS understands every record, in order', async () => {
  const tls = await makeCertificate(['localhost']);
  const server = await started(tls);
  const { ledger, sinks } = await running(spec(server), tls.cert);
  await append(ledger, 120);
  await until(() => sinks.status().get('siem')?.position === 119);
  const received = server.received();
  expect(received.map(({ data }) => /position="(\d+)"/.exec(data)?.[1])).toEqual(Array.from({ length: 120 }, (_, index) => String(index)));
  expect(received[0]).toMatchObject({ facility: '13', severity: '6', app: 'sallyport', event: 'message.permitted' });
  const record: Json = JSON.parse((received[0]?.message ?? '').replace(/^\uFEFF/, ''));
  expect(record).toMatchObject({ position: 0, origin: 'sallyport.example/log', agent: 'helpdesk', principal: expect.stringMatching(/^p_[0-9a-f]{20}$/) });
}, 30_000);

test('what a killed rsyslog may not have written is sent again; nothing is missing, and the order stays', async () => {
  const tls = await makeCertificate(['localhost']);
  const server = await started(tls);
  const { ledger, sinks } = await running(spec(server), tls.cert);
  await append(ledger, 60);
  await until(() => server.received().length >= 50);
  await server.crash();
  await append(ledger, 60);
  await server.start();
  await until(() => sinks.status().get('siem')?.position === 119);
  const positions = server.received().map(({ data }) => Number(/position="(\d+)"/.exec(data)?.[1]));
  expect([...new Set(positions)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, index) => index));
  expect([...new Set(positions)]).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
}, 30_000);

test('a certificate of nobody we know is not spoken to, and clear text goes nowhere but to this machine', async () => {
  const tls = await makeCertificate(['localhost']);
  const server = await started(tls);
  const { ledger, sinks } = await running(spec(server), undefined);
  await append(ledger, 1);
  await until(() => sinks.status().get('siem')?.state === 'retrying');
  expect(sinks.status().get('siem')?.error).toMatch(/^syslog: .*CERT/);
  expect(server.received()).toEqual([]);
  const clear = readSink({ type: 'syslog', address: '192.0.2.1:514', tls: false, from: 'start' }, undefined);
  await sinks.configure({ sinks: { clear }, pseudonyms: { on: true, key: new Uint8Array(32) } });
  await until(() => sinks.status().get('clear')?.state === 'dead');
  expect(sinks.status().get('clear')?.error).toBe('ERR_CLEARTEXT');
}, 30_000);
