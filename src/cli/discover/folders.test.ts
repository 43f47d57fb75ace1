import { expect, test } from 'bun:test';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { namedFolders } from './folders.ts';

test('a folder that is not there, or is none, is said before anything is looked at', async () => {
  expect(namedFolders(['.', '/tmp'], '/tmp')).toEqual(['/tmp', '/tmp']);
  expect(await codeOf((async () => namedFolders(['/tmp', 'sp-not-there'], '/tmp'))())).toBe('ERR_FILE_UNREADABLE');
  expect(await codeOf((async () => namedFolders(['/dev/null'], '/'))())).toBe('ERR_FILE_UNREADABLE');
});
