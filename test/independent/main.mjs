// For a shell, under Node 20: node test/independent/main.mjs <verb> …
import { readFileSync } from 'node:fs';
import { readLine } from './line.mjs';
import { checkConsistency, checkProof, checkTree, openCheckpoint } from './tlog.mjs';

const USAGE = 'tree <folder> <vkey> | proof <proof> <line> <vkey> | consistency <older> <newer> <hashes> <vkey>';
const read = (file) => readFileSync(file, 'utf8');

const VERBS = {
  tree: (folder, vkey) => {
    const { checkpoint, entries, beyond } = checkTree(folder, vkey);
    return { origin: checkpoint.origin, size: entries.length, root: checkpoint.root.toString('base64'), beyond };
  },
  proof: (proof, line, vkey) => {
    const { position, entry, proven } = readLine(read(line).replace(/\n$/, ''));
    const { index, checkpoint } = checkProof(read(proof), entry, vkey);
    if (index !== position) throw new Error(`the proof is of entry ${index}, the line says ${position}`);
    return { index, size: checkpoint.size, origin: checkpoint.origin, proven };
  },
  consistency: (older, newer, hashes, vkey) => {
    const [first, second] = [openCheckpoint(read(older), vkey), openCheckpoint(read(newer), vkey)];
    checkConsistency({ first, second, path: read(hashes).split('\n').filter((line) => line !== '').map((line) => Buffer.from(line, 'base64')) });
    return { first: first.size, second: second.size, origin: second.origin };
  },
};

const [verb, ...operands] = process.argv.slice(2);
try {
  if (VERBS[verb]?.length !== operands.length) throw new Error(USAGE);
  console.log(JSON.stringify(VERBS[verb](...operands)));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
