import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRows } from '../src/cli/eval/rows.ts';
import { build, prepare } from '../src/detect/text-model/training/build.ts';
import { trainable } from '../src/detect/text-model/training/corpora.ts';
import { writeModel } from '../src/detect/text-model/weights.ts';

/** `scripts/train-text-model CORPORA [WEIGHTS]`: the weights that ship, or those of another place, from a folder of corpora. */
const [folder, file = join(import.meta.dir, '../src/detect/text-model/weights.json')] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: scripts/train-text-model CORPORA [WEIGHTS]');
  process.exit(2);
}
const corpus = prepare(trainable(readRows(folder)));
const written = writeModel(build(corpus));
writeFileSync(file, written);
const digest = new Bun.CryptoHasher('sha256').update(written).digest('hex');
console.log(`${corpus.rows.length} rows, ${new Set(corpus.groups).size} without near-duplicates; ${file}: ${written.length} bytes, SHA-256 ${digest}`);
