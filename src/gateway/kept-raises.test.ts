import { afterEach, beforeEach, expect, test } from 'bun:test';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { LIMITS } from '../domain/limits.ts';
import { openKeptRaises } from './kept-raises.ts';
import { createSeal } from './seal.ts';

const SEAL = createSeal(new Uint8Array(32).fill(1));
const [ONE, TWO] = [{ key: 'one', add: { confidentiality: 'restricted' } }, { key: 'two' }];
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync('/tmp/sp-raises-');
  file = join(folder, 'gateway', 'east.raises');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was kept is there after a kill, in order, until it was delivered; and is nobody else\'s to read', () => {
  const first = openKeptRaises(file, SEAL);
  first.keep(ONE);
  first.keep(TWO);
  expect(readFileSync(file, 'utf8')).not.toContain('restricted');
  const second = openKeptRaises(file, SEAL);
  expect(second).toMatchObject({ id: first.id, waiting: [ONE, TWO] });
  second.drop(1);
  expect(openKeptRaises(file, SEAL).waiting).toEqual([TWO]);
});

test('a line that was cut off was never given out; one that was changed makes this another gateway', () => {
  const first = openKeptRaises(file, SEAL);
  first.keep(ONE);
  appendFileSync(file, SEAL.seal('flow-raises', '{"key":"cut"}').slice(0, 20));
  const second = openKeptRaises(file, SEAL);
  expect(second).toMatchObject({ id: first.id, waiting: [ONE] });
  second.keep(TWO);
  expect(openKeptRaises(file, SEAL).waiting).toEqual([ONE, TWO]);
  const text = readFileSync(file, 'utf8');
  for (const changed of [text.split('\n').toSpliced(1, 1, 'AAAA').join('\n'), '', 'nothing of ours\n']) {
    writeFileSync(file, changed);
    expect(openKeptRaises(file, SEAL).id).not.toBe(first.id);
  }
});

test('there is no more room than is stated, and what finds none is not given out', async () => {
  const kept = openKeptRaises(file, SEAL);
  const large = { key: 'x'.repeat(LIMITS.flowKeptBytesMax) };
  expect(await codeOf(Promise.resolve().then(() => kept.keep(large)))).toBe('ERR_FLOW_UNKNOWN');
  expect(kept.waiting).toEqual([]);
});
