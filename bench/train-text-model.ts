import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRows } from '../src/cli/eval/rows.ts';
import { build, prepare } from '../src/detect/text-model/training/build.ts';
import { trainable } from '../src/detect/text-model/training/corpora.ts';
import { writeModel } from '../src/detect/text-model/weights.ts';

/**
 * `scripts/train-text-model CORPORA [WEIGHTS]`: the weights that ship, or those of another place, from a folder of corpora.
 * `scripts/train-text-model --check CORPORA [WEIGHTS]`: writes nothing; exit code 1 when training gives other bytes than those.
 */
const check = process.argv[2] === '--check';
const [folder, file = join(import.meta.dir, '../src/detect/text-model/weights.json')] = process.argv.slice(check ? 3 : 2);
if (folder === undefined) {
  console.error('usage: scripts/train-text-model [--check] CORPORA [WEIGHTS]');
  process.exit(2);
}
const corpus = prepare(trainable(readRows(folder)));
const written = writeModel(build(corpus));
const digest = new Bun.CryptoHasher('sha256').update(written).digest('hex');
console.log(`${corpus.rows.length} rows, ${new Set(corpus.groups).size} without near-duplicates; ${written.length} bytes, SHA-256 ${digest}`);
if (!check) {
  writeFileSync(file, written);
} else if (readFileSync(file, 'utf8') === written) {
  console.log(`${file}: the same, to the bit`);
} else {
  console.error(`${file}: DIFFERS`);
  process.exitCode = 1;
}
