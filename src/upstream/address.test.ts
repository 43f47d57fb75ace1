import { afterAll, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import * as fc from 'fast-check';
import { SallyportError } from '../domain/errors.ts';
import type { NetworkSettings } from '../domain/snapshot.ts';
import { hostMatches, refusalOf } from './address-class.ts';
import type { Allowance } from './address-class.ts';
import { createAddressGuard } from './address.ts';

const STRICT: Allowance = { internal: [], isInternalName: false, allowPrivate: false };
const OPEN: Allowance = { internal: ['0.0.0.0/0', '::/0'], isInternalName: true, allowPrivate: true };
const NETWORK: NetworkSettings = { publicUrl: 'https://localhost:7443', internal: [], origins: [] };

const listener = createServer((socket) => socket.destroy());
await new Promise<void>((resolve) => { listener.listen(0, '127.0.0.1', resolve); });
const at = listener.address();
const port = typeof at === 'object' && at !== null ? at.port : 0;
afterAll(() => listener.close());

const codeOf = async (target: unknown): Promise<string | undefined> => {
  try {
    await target;
    return undefined;
  } catch (cause) {
    return cause instanceof SallyportError ? cause.code : String(cause);
  }
};

test.each([
  '127.0.0.1', '127.9.9.9', '10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.1.1', '169.254.169.254', '0.0.0.0', '255.255.255.255',
  '224.0.0.1', '192.0.2.1', '198.18.0.1', '240.0.0.1', '168.63.129.16', '100.100.100.200', '::', '::1', '::7f00:1', 'fe80::1',
  'fec0::1', 'fc00::1', 'fd00:ec2::254',
  'ff02::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:0:10.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::1',
  '2002:a00:1::', '2002:7f00:1::', '2001::1', '4000::1',
  '2001:db8::1', 'fe80::1%lo', 'localhost', '',
])('%s is refused without an allowance', (address) => {
  expect(refusalOf(address, STRICT)).toBeString();
});

test.each(['8.8.8.8', '1.1.1.1', '2606:4700::1', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::'])('%s is public', (address) => {
  expect(refusalOf(address, STRICT)).toBeUndefined();
});

test.each([
  '169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::', 'fd00:ec2::254', '168.63.129.16', '100.100.100.200',
  '0.0.0.0', '::', '224.0.0.1',
])('nothing unlocks %s', (address) => {
  expect(refusalOf(address, OPEN)).toBe('an address that is never reached');
});

test('a declared network, a declared name and the entry of a server each allow what is theirs', () => {
  expect(refusalOf('10.20.1.1', { ...STRICT, internal: ['10.20.0.0/16'] })).toBeUndefined();
  expect(refusalOf('10.21.1.1', { ...STRICT, internal: ['10.20.0.0/16'] })).toBeString();
  expect(refusalOf('::ffff:10.20.1.1', { ...STRICT, internal: ['10.20.0.0/16'] })).toBeUndefined();
  expect(refusalOf('10.20.1.1', { ...STRICT, isInternalName: true })).toBeUndefined();
  expect(refusalOf('127.0.0.1', { ...STRICT, isInternalName: true })).toBeString();
  expect(refusalOf('127.0.0.1', { ...STRICT, allowPrivate: true })).toBeUndefined();
  expect(refusalOf('169.254.7.7', { ...STRICT, allowPrivate: true })).toBeString();
});

test('any way of writing an IPv4 address into an IPv6 one is judged as that address', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(fc.property(byte, byte, byte, byte, (a, b, c, d) => {
    const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
    const plain = refusalOf(`${a}.${b}.${c}.${d}`, STRICT);
    for (const form of [`::ffff:${high}:${low}`, `64:ff9b::${high}:${low}`, `2002:${high}:${low}::`, `::ffff:0:${high}:${low}`]) {
      expect(refusalOf(form, STRICT)).toBe(plain);
    }
  }), { numRuns: 2_000 });
});

test('names match themselves and their declared suffix, never a longer label', () => {
  expect(hostMatches('crm.corp.example', ['*.corp.example'])).toBeTrue();
  expect(hostMatches('CRM.corp.example.', ['*.corp.example'])).toBeTrue();
  expect(hostMatches('evilcorp.example', ['*.corp.example'])).toBeFalse();
  expect(hostMatches('corp.example', ['*.corp.example'])).toBeFalse();
  expect(hostMatches('crm', ['crm'])).toBeTrue();
});

test.each([
  'http://169.254.169.254/latest', 'http://0x7f.1/', 'http://2130706433/', 'http://017700000001/', 'http://[::ffff:127.0.0.1]/', 'http://[::1]/',
  'http://127.1/',
  'ftp://example.com/', 'http://user:pass@example.com/', 'nonsense',
])('%s is not reached', async (url) => {
  expect(await codeOf(createAddressGuard().reach({ transport: 'http', url, allowPrivate: false }, NETWORK))).toBe('ERR_UPSTREAM_ADDRESS');
});

test('one bad address among several refuses the name', async () => {
  const guard = createAddressGuard({ resolve: async () => ['8.8.8.8', '10.0.0.1'] });
  expect(await codeOf(guard.reach({ transport: 'http', url: 'http://mixed.test/', allowPrivate: false }, NETWORK))).toBe('ERR_UPSTREAM_ADDRESS');
});

test('a name is resolved once and pinned: rebinding it changes nothing until the check is stale, and then is checked', async () => {
  const answers = [['127.0.0.1'], ['169.254.169.254']];
  let clock = 0;
  let asked = 0;
  const guard = createAddressGuard({ resolve: async () => answers[asked++] ?? [], now: () => clock });
  const endpoint = { transport: 'http', url: `http://crm.test:${port}/mcp?x=1`, allowPrivate: true } as const;
  const [one, two] = await Promise.all([guard.reach(endpoint, NETWORK), guard.reach(endpoint, NETWORK)]);
  expect(one).toEqual({ origin: `http://127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/mcp?x=1`, host: `crm.test:${port}` });
  expect(two).toBe(one);
  expect(guard.reach(endpoint, NETWORK)).toBe(one);
  expect(asked).toBe(1);
  clock = 60_000;
  expect(await codeOf(guard.reach(endpoint, NETWORK))).toBe('ERR_UPSTREAM_ADDRESS');
});

test('other network settings are another question', async () => {
  const guard = createAddressGuard({ resolve: async () => ['127.0.0.1'] });
  const endpoint = { transport: 'http', url: `http://crm.test:${port}/`, allowPrivate: false } as const;
  expect(await guard.reach(endpoint, { ...NETWORK, internal: ['127.0.0.0/8'] })).toMatchObject({ origin: `http://127.0.0.1:${port}` });
  expect(await codeOf(guard.reach(endpoint, NETWORK))).toBe('ERR_UPSTREAM_ADDRESS');
});

test('TLS is 1.3 at least, for the name of the URL, with the extra roots beside the usual ones', async () => {
  const guard = createAddressGuard({ resolve: async () => ['127.0.0.1'] });
  const target = await guard.reach({ transport: 'http', url: `https://crm.test:${port}/`, allowPrivate: true }, { ...NETWORK, extraRoots: 'EXTRA' });
  expect(target.tls?.minVersion).toBe(0x0304);
  expect(target.tls?.serverName).toBe('crm.test');
  expect(target.tls?.ca).toEndWith('EXTRA');
  expect(target.tls?.ca?.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(50);
});

test('what nobody listens on and what does not resolve is unreachable, and nothing was dispatched', async () => {
  const refusing = createAddressGuard({ resolve: async () => ['127.0.0.1'] });
  const failing = createAddressGuard({ resolve: () => Promise.reject(new Error('NXDOMAIN')) });
  const silent = createAddressGuard({ resolve: () => new Promise(() => undefined), connectTimeoutMs: 20 });
  for (const guard of [refusing, failing, silent]) {
    try {
      await guard.reach({ transport: 'http', url: 'http://gone.test:1/', allowPrivate: true }, NETWORK);
      expect.unreachable();
    } catch (cause) {
      expect(cause).toMatchObject({ code: 'ERR_UPSTREAM_UNREACHABLE', dispatched: false });
    }
  }
});

test('a corporate proxy gets names, but no local name, no forbidden literal, and nothing that is declared internal', async () => {
  const network = { ...NETWORK, proxy: 'http://proxy.test:3128', internal: ['*.corp.example', '127.0.0.0/8'] };
  const guard = createAddressGuard({ resolve: async () => ['127.0.0.1'] });
  const reach = (url: string): unknown => guard.reach({ transport: 'http', url, allowPrivate: false }, network);
  const vendor = { proxy: 'http://proxy.test:3128', origin: 'https://vendor.test', tls: { serverName: 'vendor.test' } };
  expect(await reach('https://vendor.test/mcp')).toMatchObject(vendor);
  expect(await codeOf(reach('http://169.254.169.254/'))).toBe('ERR_UPSTREAM_ADDRESS');
  expect(await codeOf(reach('http://localhost/'))).toBe('ERR_UPSTREAM_ADDRESS');
  expect(await codeOf(reach('http://metadata/'))).toBe('ERR_UPSTREAM_ADDRESS');
  const direct = await reach(`http://crm.corp.example:${port}/`);
  expect(direct).toEqual({ origin: `http://127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/`, host: `crm.corp.example:${port}` });
});
