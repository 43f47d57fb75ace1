import { describe, expect, test } from 'bun:test';
import { refusalOf } from '../../upstream/address-class.ts';
import { createPacer } from './pace.ts';
import { inParallel } from './parallel.ts';
import { readTargets } from './targets.ts';
import type { RefusalOf } from './targets.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const NONE = { internal: [], isInternalName: false, allowPrivate: false };
const refused: RefusalOf = (address) => (refusalOf(address, NONE) === undefined ? 'a public address' : refusalOf(address, { ...NONE, allowPrivate: true }));
const file = { apiVersion: 'sallyport/targets/v1', owner: 'net@example.com', reason: 'yearly', expires: '2026-12-01', targets: [{ network: '127.0.0.0/30' }] };

function addresses(network: string): readonly string[] {
  const read = readTargets({ ...file, targets: [{ network }] }, refused, NOW);
  return 'targets' in read ? read.targets.flatMap((target) => target.addresses) : [];
}

/** The places of what is wrong. */
function wrong(change: object): readonly string[] {
  const read = readTargets({ ...file, ...change }, refused, NOW);
  return 'targets' in read ? [] : read.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a target file', () => {
  test('names networks by every address that a machine can have', () => {
    expect(addresses('127.0.0.9/30')).toEqual(['127.0.0.9', '127.0.0.10']);
    expect(addresses('10.1.2.3/32')).toEqual(['10.1.2.3']);
    expect(addresses('192.168.0.0/24').length).toBe(254);
    expect(addresses('10.0.0.0/20').at(-1)).toBe('10.0.15.254');
    expect(addresses('fd00::/126')).toEqual(['fd00::', 'fd00::1', 'fd00::2', 'fd00::3']);
  });

  test.each([
    ['a public network', '8.8.8.0/24'], ['a public address', '1.1.1.1/32'], ['everything', '0.0.0.0/0'], ['half of everything', '0.0.0.0/1'],
    ['metadata of a cloud', '169.254.169.254/32'], ['metadata of another', '100.100.100.200/32'], ['multicast', '224.0.0.0/30'],
    ['a public address in IPv6 clothes', '::ffff:8.8.8.8/128'], ['public IPv6', '2606:4700::/120'], ['a network that is none', '10.0.0.1'],
  ])('that names %s is refused', (_, network) => {
    expect(wrong({ targets: [{ network: '10.0.0.0/30' }, { network }] })).toEqual([expect.stringMatching(/^targets\.1: /)]);
  });

  test('is good until the end of its last day, and for so many days at most', () => {
    expect(wrong({ expires: '2026-11-23' })).toEqual([]);
    expect(wrong({ expires: '2026-11-22' })).toEqual([expect.stringContaining('expired')]);
    expect(wrong({ expires: '2027-11-23' })).toEqual([expect.stringContaining('at most 92 days')]);
  });

  test.each([
    ['without an owner', { owner: undefined }], ['with an owner that nobody can write to', { owner: 'me' }], ['without a reason', { reason: '' }],
    ['without a day', { expires: undefined }], ['with a word that it has not', { publicToo: true }],
    ['with an owner that ends a header', { owner: 'a@example.com\r\nx: y' }],
    ['faster than is polite', { rate: { perSecond: 100_000 } }], ['without targets', { targets: [] }],
    ['with a URL that shows a credential', { targets: [{ url: 'http://user:pw@127.0.0.1/mcp' }] }],
    ['with a URL of a public address', { targets: [{ url: 'http://8.8.8.8/mcp' }] }],
    ['with an address in the place of a name', { targets: [{ host: '8.8.8.8' }] }], ['with a number in the place of one', { targets: [{ host: '134744072' }] }],
  ])('%s is refused', (_, change) => expect(wrong(change)).not.toEqual([]));

  test('has so many addresses at most, all targets together', () => {
    expect(wrong({ targets: [{ network: '10.0.0.0/17' }, { network: '10.1.0.0/17' }] })).toEqual([]);
    expect(wrong({ targets: [{ network: '10.0.0.0/16' }, { network: '10.1.0.0/24' }] })).toEqual([expect.stringMatching(/^targets\.1: .*65536/)]);
  });
});

/** Virtual time: when each turn was given, to whom. */
async function turnsOf(asked: readonly string[], rate: Parameters<typeof createPacer>[0]): Promise<readonly [number, string][]> {
  const given: [number, string][] = [];
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  let now = 0;
  const turn = createPacer(rate, { now: () => now, sleep: (ms) => new Promise((wake) => void sleepers.push({ until: now + ms, wake })) });
  const all = Promise.all(asked.map(async (address) => {
    await turn(address);
    given.push([now, address]);
  }));
  for (let steps = 0; steps < 10_000 && given.length < asked.length; steps += 1) {
    await Promise.resolve();
    await Promise.resolve();
    const next = sleepers.toSorted((one, other) => one.until - other.until)[0];
    if (next === undefined) continue;
    now = next.until;
    sleepers.splice(sleepers.indexOf(next), 1);
    next.wake();
  }
  await all;
  return given;
}

describe('turns', () => {
  test('come at most so often in all', async () => {
    const at = (await turnsOf(Array.from({ length: 50 }, (_, index) => `10.0.0.${index}`), { perSecond: 100, perHostPerSecond: 100 })).map(([when]) => when);
    for (let index = 1; index < at.length; index += 1) expect((at[index] ?? 0) - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(10 - 1e-6);
  });

  test('come at most so often to one address, while others go on', async () => {
    const given = await turnsOf([...Array.from({ length: 5 }, () => 'a'), ...Array.from({ length: 5 }, () => 'b')], { perSecond: 1000, perHostPerSecond: 10 });
    for (const host of ['a', 'b']) {
      const at = given.filter(([, address]) => address === host).map(([when]) => when);
      for (let index = 1; index < at.length; index += 1) expect((at[index] ?? 0) - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(99);
    }
    expect(given.at(-1)?.[0]).toBeLessThan(500);
  });
});

describe('work side by side', () => {
  test('gives everything that comes of it, with so much at once', async () => {
    let running = 0;
    let most = 0;
    const found: number[] = [];
    for await (const one of inParallel(Array.from({ length: 40 }, (_, at) => at), 7, async (at) => {
      running += 1;
      most = Math.max(most, running);
      await Bun.sleep(at % 3);
      running -= 1;
      return at % 2 === 0 ? [at, at] : [];
    })) found.push(one);
    expect(found.length).toBe(40);
    expect(most).toBe(7);
  });

  test('ends with what fails', () => {
    const all = Array.fromAsync(inParallel([1, 2, 3], 2, (at) => (at === 2 ? Promise.reject(new Error('two')) : Promise.resolve([at]))));
    return expect(all).rejects.toThrow('two');
  });
});
