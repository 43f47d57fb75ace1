import { afterAll, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeThrown } from '../../test/fixtures/code-of.ts';
import { createFolders, programMounts } from './folders.ts';

const base = mkdtempSync('/tmp/sp-folders-');
afterAll(() => rmSync(base, { recursive: true, force: true }));
let at = '';
let home = '';
beforeEach(() => {
  at = mkdtempSync(join(base, 't-'));
  home = join(at, 'home');
  for (const name of ['home/control', 'a/deep', 'b']) mkdirSync(join(at, name), { recursive: true });
  writeFileSync(join(at, 'file'), '');
});
const make = (): ReturnType<typeof createFolders> => createFolders(home, join(home, 'written'));
const codeOf = (reads: readonly string[], writes: readonly string[] = []): string => codeThrown(() => make().mounts({ reads, writes }));

test('what an entry names is shown by its real path at the place that it names, outer folders first', () => {
  symlinkSync(join(at, 'a'), join(at, 'link'));
  expect(make().mounts({ reads: [join(at, 'link'), join(at, 'file')], writes: [join(at, 'b')] })).toEqual([
    { kind: 'write', from: join(at, 'b'), at: join(at, 'b') },
    { kind: 'read', from: join(at, 'a'), at: join(at, 'link') },
    { kind: 'read', from: join(at, 'file'), at: join(at, 'file') },
  ]);
});

test('Sallyport\'s own files are shown to nobody: not its home, nothing in it, nothing around it, by no link', () => {
  symlinkSync(join(home, 'control'), join(at, 'harmless'));
  for (const path of [home, join(home, 'control'), at, join(at, 'harmless')]) {
    expect(codeOf([path])).toBe('ERR_RUNNER_SPAWN');
    expect(codeOf([], [path])).toBe('ERR_RUNNER_SPAWN');
  }
});

test('what is not there, and a file to write, is refused', () => {
  expect(codeOf([join(at, 'none')])).toBe('ERR_RUNNER_SPAWN');
  expect(codeOf([], [join(at, 'file')])).toBe('ERR_RUNNER_SPAWN');
});

test('what lies in a folder that a server may write is shown to none, also after a restart: a link may stand there by then', () => {
  expect(codeOf([join(at, 'a', 'deep')])).toBe('accepted');
  expect(codeOf([], [join(at, 'a')])).toBe('accepted');
  rmSync(join(at, 'a', 'deep'), { recursive: true });
  symlinkSync('/etc', join(at, 'a', 'deep'));
  expect(codeOf([join(at, 'a', 'deep')])).toBe('ERR_RUNNER_SPAWN');
  expect(codeOf([], [join(at, 'a', 'deep')])).toBe('ERR_RUNNER_SPAWN');
  symlinkSync(join(at, 'a', 'deep'), join(at, 'around'));
  expect(codeOf([join(at, 'a')])).toBe('accepted');
});

test('nor what the same entry may write', () => {
  expect(codeOf([join(at, 'a', 'deep')], [join(at, 'a')])).toBe('ERR_RUNNER_SPAWN');
});

test('a program brings its installation, or itself alone', () => {
  mkdirSync(join(at, 'runtime', 'bin'), { recursive: true });
  writeFileSync(join(at, 'runtime', 'bin', 'interpreter'), '');
  symlinkSync(join(at, 'runtime', 'bin', 'interpreter'), join(at, 'b', 'name'));
  expect(programMounts('/usr/bin/env')).toEqual([]);
  const [own, installation] = [join(at, 'b', 'name'), join(at, 'runtime')];
  expect(programMounts(own)).toEqual([{ kind: 'read', from: own, at: own }, { kind: 'read', from: installation, at: installation }]);
});

test('what a manager of versions puts into PATH brings what it calls', () => {
  mkdirSync(join(at, 'versions', 'shims'), { recursive: true });
  writeFileSync(join(at, 'versions', 'shims', 'python3'), '');
  const installation = join(at, 'versions');
  expect(programMounts(join(installation, 'shims', 'python3'))).toEqual([{ kind: 'read', from: installation, at: installation }]);
});
