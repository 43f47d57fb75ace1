import { describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import { LIMITS } from '../../domain/limits.ts';
import { tarball, zip } from '../../../test/fixtures/packages/pack.ts';
import type { Packed } from '../../../test/fixtures/packages/pack.ts';
import { ArchiveProblem } from './member.ts';
import { createPlaces } from './paths.ts';
import { readTarball } from './tar.ts';
import { readZip } from './zip.ts';

const MANY = 1_000_000;

async function problemOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ArchiveProblem) return error.message;
    throw error;
  }
  return 'unpacked';
}

function said(members: readonly { readonly path: string; readonly bytes: Uint8Array }[]): readonly string[] {
  return members.map(({ path, bytes }) => `${path}=${Buffer.from(bytes).toString('utf8')}`);
}

describe('tar', () => {
  test('files are read with their modes; folders are not files', async () => {
    const members = await readTarball(tarball([{ path: 'package/', type: '5' }, { path: 'package/a.js', text: 'a' },
      { path: 'package/b', text: 'b', mode: 0o755 }]), MANY);
    expect(said(members)).toEqual(['package/a.js=a', 'package/b=b']);
    expect(members.map(({ executable }) => executable)).toEqual([false, true]);
  });

  test('long names of pax and GNU are read', async () => {
    const long = `package/${'x'.repeat(150)}`;
    const record = `${long.length + 'NNN path=\n'.length} path=${long}\n`;
    const pax = tarball([{ path: 'PaxHeader', type: 'x', text: record }, { path: 'short', text: '1' }, { path: 'next', text: '2' }]);
    expect(said(await readTarball(pax, MANY))).toEqual([`${long}=1`, 'next=2']);
    const gnu = tarball([{ path: '././@LongLink', type: 'L', text: `${long}\0` }, { path: 'short', text: '1' }]);
    expect(said(await readTarball(gnu, MANY))).toEqual([`${long}=1`]);
  });

  const hostile: readonly (readonly [string, readonly Packed[]])[] = [
    ['a symbolic link', [{ path: 'package/a', type: '2', link: '/etc/passwd' }]],
    ['a hard link', [{ path: 'package/a', type: '1', link: '/etc/passwd' }]],
    ['a character device', [{ path: 'package/a', type: '3' }]],
    ['a block device', [{ path: 'package/a', type: '4' }]],
    ['a pipe', [{ path: 'package/a', type: '6' }]],
    ['a sparse file', [{ path: 'package/a', type: 'S' }]],
    ['a long name of a link', [{ path: '././@LongLink', type: 'K', text: 'x' }]],
    ['a header that names all files', [{ path: 'g', type: 'g', text: '17 path=package/x\n' }, { path: 'package/a', text: 'a' }]],
    ['a link in an extended header', [{ path: 'x', type: 'x', text: '17 linkpath=/etc\n' }, { path: 'package/a', text: 'a' }]],
  ];
  for (const [what, members] of hostile) test(`${what} is refused`,
    async () => expect(await problemOf(() => readTarball(tarball(members), MANY))).not.toBe('unpacked'));

  test('a bomb is refused before it is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(MANY);
    expect(await problemOf(() => readTarball(bomb, MANY))).toContain('of at most');
  });

  test('what is cut off or damaged is refused', async () => {
    const whole = Bun.gunzipSync(tarball([{ path: 'package/a', text: 'a'.repeat(2000) }]));
    expect(await problemOf(() => readTarball(gzipSync(whole.subarray(0, 1024)), MANY))).toContain('cut off');
    expect(await problemOf(() => readTarball(gzipSync(whole.with(3, 0x41)), MANY))).toContain('damaged');
    expect(await problemOf(() => readTarball(Buffer.from('no archive'), MANY))).toContain('no gzip archive');
  });
});

describe('zip', () => {
  test('files are read', () => {
    expect(said(readZip(zip([{ path: 'a/b.py', text: 'b' }, { path: 'a/c.py', text: 'c' }]), MANY))).toEqual(['a/b.py=b', 'a/c.py=c']);
  });

  test('a link is refused', async () => {
    expect(await problemOf(() => readZip(zip([{ path: 'a', link: '/etc/passwd' }]), MANY))).toContain('neither a file nor a folder');
  });

  test('a bomb is refused, and one that lies about its size', async () => {
    const bomb = zip([{ path: 'a', text: 'x'.repeat(2 * MANY) }]);
    expect(await problemOf(() => readZip(bomb, MANY))).toContain('unpacks to more');
    const at = bomb.length - 22 - 46 - 1 + 24;
    new DataView(bomb.buffer, bomb.byteOffset).setUint32(at, 10, true);
    expect(await problemOf(() => readZip(bomb, MANY))).toContain('larger than it says');
  });

  test('entries that share bytes, a second name, a second end and what hides in front are refused', async () => {
    const archive = zip([{ path: 'a', text: 'a' }, { path: 'b', text: 'b' }]);
    const view = new DataView(archive.buffer, archive.byteOffset);
    const second = archive.length - 22 - 47;
    const shared = archive.slice();
    new DataView(shared.buffer).setUint32(second + 42, 0, true);
    expect(await problemOf(() => readZip(shared, MANY))).toContain('share bytes');
    const renamed = archive.slice();
    renamed[second + 46] = 0x63;
    expect(await problemOf(() => readZip(renamed, MANY))).toContain('two names');
    expect(view.getUint32(archive.length - 22, true)).toBe(0x06054b50);
    const tail = archive.slice(archive.length - 22);
    const doubled = Buffer.concat([archive, tail]);
    doubled.writeUInt16LE(22, archive.length - 2);
    expect(await problemOf(() => readZip(doubled, MANY))).toContain('one end');
    expect(await problemOf(() => readZip(Buffer.concat([Buffer.from('MZ'), archive]), MANY))).toContain('directory');
  });
});

describe('places in an entry', () => {
  const outside = [
    '../a', 'a/../../b', '/etc/passwd', 'a//b', './a', 'a/.', '', 'C:/a', 'a\\..\\b', 'a\0b', 'a\nb', `a/${'x'.repeat(300)}`, 'x/'.repeat(600) + 'a', 'a./b',
      'a /b',
    'a\u202eb',
  ];
  for (const path of outside) {
    test(`${JSON.stringify(path).slice(0, 40)} is none`,
      async () => expect(await problemOf(() => createPlaces().take(path, 1))).toContain('leaves its folder'));
  }

  test('what some file system takes for one is refused, and the same twice', async () => {
    const pairs = [['a/B', 'a/b'], ['A/x', 'a/y'], ['a', 'a/b'], ['a/b', 'a'], ['\u00e9', 'e\u0301'], ['a', 'a'], ['ﬁ', 'fi']] as const;
    for (const [first, second] of pairs) {
      const places = createPlaces();
      places.take(first, 1);
      expect(await problemOf(() => places.take(second, 1))).toContain('are one on some file systems');
    }
  });

  test('bytes are counted over all archives', async () => {
    const places = createPlaces();
    places.take('a', LIMITS.packageUnpackedBytesMax);
    expect(await problemOf(() => places.take('b', 1))).toContain('unpacks to more');
  });
});
