import { expect, test } from 'bun:test';
import { codeThrown } from '../../../test/fixtures/code-of.ts';
import { fromTar, toTar } from './tar.ts';

const FILES = new Map([['README.md', Buffer.from('words')], ['log/vkey', Buffer.from('key')]]);
const BLOCK = 512;

/** The archive with its first header changed, its checksum right again. */
function changed(change: (header: Buffer) => void): Buffer {
  const archive = Buffer.from(toTar(FILES, 0));
  const header = archive.subarray(0, BLOCK);
  change(header);
  header.fill(' ', 148, 156);
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return archive;
}

test('what was written is read again', () => expect([...fromTar(changed(() => undefined))]).toEqual([...FILES]));

test.each<readonly [string, () => Uint8Array]>([
  ['a prefix puts a file elsewhere', () => changed((header) => header.write('../../home/user', 345))],
  ['a link', () => changed((header) => header.write('2', 156))],
  ['a name leads out of the folder', () => changed((header) => header.write('../x\0', 0))],
  ['a size below nothing', () => changed((header) => header.write('-0000000001\0', 124))],
  ['a name that is empty', () => changed((header) => header.fill(0, 0, 100))],
  ['more after the end', () => Buffer.concat([toTar(FILES, 0), toTar(new Map([['evil', Buffer.from('x')]]), 0)])],
  ['cut off', () => toTar(FILES, 0).subarray(0, BLOCK + 4)],
])('an archive that another tar would unpack to something else is refused: %s', (_, archive) => {
  expect(codeThrown(() => fromTar(archive()))).toBe('ERR_BUNDLE_INVALID');
});
