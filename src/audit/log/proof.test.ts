import { afterAll, expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { sha256 } from './hash.ts';
import { readVkey, vkeyOf } from './note.ts';
import { openTree, verifyConsistency, verifyInclusion } from './proof.ts';
import { tilePath } from './tiles.ts';
import { TreeEdge } from './tree.ts';

const dir = mkdtempSync(join(tmpdir(), 'sp-tree-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function entryOf(index: number): Buffer {
  return sha256(Buffer.from(`entry ${index}`));
}

/** MTH, as RFC 6962 section 2.1 words it. */
function root(from: number, to: number): Buffer {
  if (to === from) return sha256(Buffer.alloc(0));
  if (to - from === 1) return sha256(Buffer.concat([Buffer.from([0]), entryOf(from)]));
  let cut = 1;
  while (cut * 2 < to - from) cut *= 2;
  return sha256(Buffer.concat([Buffer.from([1]), root(from, from + cut), root(from + cut, to)]));
}

function write(edge: TreeEdge): void {
  for (const tile of [...edge.takeFinished(), ...edge.partials()]) {
    const file = join(dir, tilePath(tile));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, tile.bytes);
  }
}

const SIZE = 66_000;
const STOPS = [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 700, 1024, 65_535, 65_536, 65_537, SIZE];

test('a tree grown leaf by leaf, left and taken up again, has the root of RFC 6962 at every stop', () => {
  let edge = new TreeEdge();
  for (const stop of STOPS) {
    while (edge.size < stop) edge.append(entryOf(edge.size));
    write(edge);
    expect(Buffer.from(edge.root()).equals(root(0, stop))).toBe(true);
    edge = TreeEdge.load(dir, stop);
    expect(Buffer.from(edge.root()).equals(root(0, stop))).toBe(true);
  }
});

test('proofs out of tiles hold for what they are of, and for nothing else', () => {
  const tree = openTree(dir, SIZE);
  const whole = tree.root();
  for (const index of [0, 1, 255, 256, 65_535, 65_536, 65_999]) {
    const proof = tree.inclusion(index);
    expect(verifyInclusion(tree.leafHash(index), index, SIZE, proof, whole)).toBe(true);
    expect(verifyInclusion(tree.leafHash(index + 1 < SIZE ? index + 1 : 0), index, SIZE, proof, whole)).toBe(false);
    expect(verifyInclusion(tree.leafHash(index), index === 0 ? 1 : index - 1, SIZE, proof, whole)).toBe(false);
    expect(verifyInclusion(tree.leafHash(index), index, SIZE, proof.slice(1), whole)).toBe(false);
  }
  for (const from of STOPS.slice(1)) {
    const proof = tree.consistency(from);
    expect(verifyConsistency(from, tree.root(from), SIZE, whole, proof)).toBe(true);
    if (from === SIZE) continue;
    expect(verifyConsistency(from, tree.root(from === 1 ? 2 : from - 1), SIZE, whole, proof)).toBe(false);
    expect(verifyConsistency(from, tree.root(from), SIZE, tree.root(from), proof)).toBe(false);
    expect(verifyConsistency(from, tree.root(from), SIZE, whole, proof.toReversed())).toBe(proof.length < 2);
  }
});

test('tiles lie where C2SP tlog-tiles says', () => {
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
  expect(tilePath({ level: 'entries', index: 0, width: 17 })).toBe('tile/entries/000.p/17');
  expect(tilePath({ level: 1, index: 1000, width: 256 })).toBe('tile/1/x001/000');
});

test('a checkpoint is believed of its own key and origin only, byte for byte', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const vkey = vkeyOf('log.example/one', publicKey);
  const key = readVkey(vkey);
  if (key === undefined) throw new Error('no vkey');
  const said = { origin: 'log.example/one', size: 7, root: root(0, 7) };
  const note = signCheckpoint(said, privateKey);
  expect(openCheckpoint(note, key)).toEqual(said);
  const other = readVkey(vkeyOf('log.example/one', generateKeyPairSync('ed25519').publicKey));
  expect(other === undefined || openCheckpoint(note, other)).toBeUndefined();
  expect(openCheckpoint(signCheckpoint({ ...said, origin: 'log.example/two' }, privateKey), key)).toBeUndefined();
  for (let at = 0; at < note.length; at += 1) {
    const bytes = Buffer.from(note);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(openCheckpoint(bytes.toString(), key)).toBeUndefined();
  }
  expect(readVkey(vkey.replace('one', 'two'))).toBeUndefined();
});
