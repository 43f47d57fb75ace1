import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dir, '../..');
/** The corpora are no part of the project: where they are not, `SALLYPORT_CORPORA` says where else. */
const corpora = process.env['SALLYPORT_CORPORA'] ?? join(root, '../shared/corpora');

test('the weights that ship are made anew from the corpora, bit for bit', () => {
  expect({ corpora, exists: existsSync(corpora) }).toEqual({ corpora, exists: true });
  const folder = mkdtempSync(join(tmpdir(), 'weights-'));
  const made = join(folder, 'weights.json');
  const run = Bun.spawnSync([join(root, 'scripts/train-text-model'), corpora, made]);
  expect({ exit: run.exitCode, said: run.stderr.toString() }).toMatchObject({ exit: 0 });
  const same = readFileSync(made, 'utf8') === readFileSync(join(root, 'src/detect/text-model/weights.json'), 'utf8');
  rmSync(folder, { recursive: true });
  expect(same).toBe(true);
}, 600_000);
