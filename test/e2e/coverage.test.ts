import { expect, test } from 'bun:test';
import { Glob } from 'bun';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REQUIREMENTS } from './requirements.ts';
import { SHOWN_ELSEWHERE } from './shown-elsewhere.ts';

const root = join(import.meta.dir, '../..');
const SELF = 'test/e2e/coverage.test.ts';

function testFiles(): ReadonlyMap<string, string> {
  const paths = ['test/**/*.test.ts', 'src/**/*.test.ts'].flatMap((pattern) => [...new Glob(pattern).scanSync(root)]);
  return new Map(paths.filter((path) => path !== SELF).map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** The ids that tests cite, by `verifies('…')` or by `[…]` at the start of a name. */
function cited(files: ReadonlyMap<string, string>): ReadonlySet<string> {
  const CITES = /\bverifies\(\s*'([a-z0-9-]+)'|\btest\(\s*['`]\[([a-z0-9-]+)\]/g;
  return new Set([...files.values()].flatMap((text) => [...text.matchAll(CITES)].map(([, called, named]) => called ?? named ?? '')));
}

function gaps(files: ReadonlyMap<string, string>): readonly string[] {
  const shown = cited(files);
  const elsewhere = SHOWN_ELSEWHERE.filter(({ file, text }) => files.get(file)?.includes(text) === true).map(({ id }): string => id);
  return [
    ...SHOWN_ELSEWHERE.filter(({ file, text }) => files.get(file)?.includes(text) !== true).map(
      ({ id, file }) => `${id}: ${file} does not show it`,
    ),
    ...[...REQUIREMENTS.keys()].filter((id) => !shown.has(id) && !elsewhere.includes(id)).map((id) => `${id}: no test shows it`),
    ...[...shown].filter((id) => !REQUIREMENTS.has(id)).map((id) => `${id}: cited, but no requirement`),
  ];
}

test('every requirement has a test, and every test cites one that exists', () => {
  expect(gaps(testFiles())).toEqual([]);
});

test('a requirement without a test, an unknown id and a test that is gone are found', () => {
  const found = gaps(new Map([['test/e2e/a.test.ts', "test(verifies('no-such-thing', 'x'), () => {});\ntest('[nor-this] y', () => {});"]]));
  expect(found).toContain('no-such-thing: cited, but no requirement');
  expect(found).toContain('nor-this: cited, but no requirement');
  expect(found).toContain('listing-equals-calling: no test shows it');
  expect(found).toContain('conformance: test/conformance/gateway.test.ts does not show it');
});

test('each requirement is one whole sentence with its source', () => {
  for (const { says, where } of REQUIREMENTS.values()) {
    expect(says).toMatch(/^[A-Z].{20,}\.$/);
    expect(where.length).toBeGreaterThan(5);
  }
});
