import { afterAll, expect, test } from 'bun:test';
import { assert, constantFrom, nat, property } from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { leafHash, openCheckpoint, openNote, readVkey, treeRoot, checkConsistency, checkInclusion, checkProof, checkTree } from './tlog.mjs';
import vectors from './vectors.json';

const folder = mkdtempSync('/tmp/sp-indep-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
const entryOf = (index: number): Buffer => Buffer.from(`entry ${index}`);
const rootOf = (size: number): Buffer => bytes(vectors.trees.find((tree) => tree.size === size)?.root ?? '');
const sizes = vectors.trees.map(({ size }) => size);

test('the verifier imports nothing but Node’s own modules and itself', () => {
  const files = readdirSync(import.meta.dir).filter((name) => name.endsWith('.mjs'));
  const imported = files.flatMap((name) => [...readFileSync(join(import.meta.dir, name), 'utf8').matchAll(/\b(?:from|import|require)[\s(]+'([^']+)'/g)]);
  expect(files.length).toBeGreaterThan(2);
  expect(imported.map(([, specifier = '']) => specifier).filter((specifier) => !/^(node:(crypto|fs|path)|\.\/[a-z]+\.mjs)$/.test(specifier))).toEqual([]);
});

test('it knows the hashes of RFC 6962 and of x/mod’s trees', () => {
  expect(treeRoot([]).toString('hex')).toBe(createHash('sha256').digest('hex'));
  expect(leafHash(Buffer.alloc(0)).toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  const leaves = Array.from({ length: 1000 }, (_, index) => leafHash(entryOf(index)));
  for (const { size, root } of vectors.trees) expect(treeRoot(leaves.slice(0, size)).toString('base64')).toBe(root);
});

test('it opens x/mod’s checkpoints, and none with any bit changed', () => {
  for (const { checkpoint, size, root } of vectors.trees) {
    expect(openCheckpoint(checkpoint, vectors.vkey)).toEqual({ origin: 'log.example/vectors', size, root: bytes(root) });
  }
  const [{ checkpoint } = { checkpoint: '' }] = vectors.trees;
  const whole = Buffer.from(checkpoint);
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const changed = Buffer.from(whole);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => openCheckpoint(changed.toString(), vectors.vkey)).toThrow();
  }
});

test('signatures of other keys are passed over, their absence or falseness is not', () => {
  const checkpoint = vectors.trees[3]?.checkpoint ?? '';
  const other = '— other.example AAAAAAAA\n';
  expect(openCheckpoint(checkpoint + other, vectors.vkey).size).toBe(4);
  const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 2);
  expect(() => openCheckpoint(text + other, vectors.vkey)).toThrow('is not signed by');
  expect(() => openNote(`${checkpoint}no signature\n`, vectors.vkey)).toThrow('malformed');
  expect(() => openCheckpoint(checkpoint, vectors.vkey.replace('log.example', 'fog.example'))).toThrow('key id');
  expect(() => readVkey('log.example+00000000+AQ==')).toThrow('not for Ed25519');
});

test('it accepts x/mod’s inclusion proofs; of another entry, place, size or hash it accepts none', () => {
  for (const { size, index, path } of vectors.inclusions) {
    const claim = { index, size, leaf: leafHash(entryOf(index)), path: (path ?? []).map(bytes), root: rootOf(size) };
    checkInclusion(claim);
    expect(() => checkInclusion({ ...claim, leaf: leafHash(entryOf(index + 1)) })).toThrow();
    expect(() => checkInclusion({ ...claim, path: [...claim.path, claim.root] })).toThrow();
    if (size === 1) continue;
    expect(() => checkInclusion({ ...claim, path: claim.path.slice(1) })).toThrow();
    expect(() => checkInclusion({ ...claim, index: index === 0 ? 1 : index - 1 })).toThrow();
    const at = index % claim.path.length;
    expect(() => checkInclusion({ ...claim, path: claim.path.with(at, claim.root) })).toThrow();
  }
});

test('it accepts x/mod’s consistency proofs, and none with a hash changed, missing or too many', () => {
  for (const { first, second, path } of vectors.consistencies) {
    const claim = { first: { size: first, root: rootOf(first) }, second: { size: second, root: rootOf(second) }, path: path.map(bytes) };
    checkConsistency(claim);
    for (const at of claim.path.keys()) expect(() => checkConsistency({ ...claim, path: claim.path.with(at, leafHash(claim.first.root)) })).toThrow();
    expect(() => checkConsistency({ ...claim, path: claim.path.slice(1) })).toThrow();
    expect(() => checkConsistency({ ...claim, path: [...claim.path, claim.first.root] })).toThrow();
    expect(() => checkConsistency({ ...claim, first: { ...claim.first, root: claim.second.root } })).toThrow();
    expect(() => checkConsistency({ ...claim, first: claim.second, second: claim.first })).toThrow();
  }
  const same = { size: 7, root: rootOf(7) };
  checkConsistency({ first: same, second: same, path: [] });
  expect(() => checkConsistency({ first: same, second: { size: 7, root: rootOf(8) }, path: [] })).toThrow('differ');
});

test('it reads tlog-proofs as files', () => {
  for (const { size, index, path } of vectors.inclusions) {
    const checkpoint = vectors.trees.find((tree) => tree.size === size)?.checkpoint ?? '';
    const proof = ['c2sp.org/tlog-proof@v1', 'extra AQI=', `index ${index}`, ...(path ?? []), '', checkpoint].join('\n');
    expect(checkProof(proof, entryOf(index), vectors.vkey)).toMatchObject({ index, extra: Buffer.of(1, 2), checkpoint: { size } });
    expect(() => checkProof(proof, entryOf(index + 1), vectors.vkey)).toThrow('does not lead to the root');
    expect(() => checkProof(proof.replace('proof@v1', 'proof@v2'), entryOf(index), vectors.vkey)).toThrow('version');
    expect(() => checkProof(proof.replace('index ', 'index 0'), entryOf(index), vectors.vkey)).toThrow('no decimal');
  }
});

const hashed = (hashes: readonly Buffer[]): Buffer => Buffer.concat([...hashes]);
const framed = (entries: readonly Buffer[]): Buffer => hashed(entries.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]));

/** The first `size` entries as files of a log. Its levels are worked out by the formula of the specification. */
function writeLog(size: number): string {
  const dir = mkdtempSync(join(folder, 'log-'));
  const leaves = Array.from({ length: size }, (_, index) => leafHash(entryOf(index)));
  const put = (name: string, content: Buffer | string): void => {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  };
  for (let level = 0, span = 1; size >= span; level += 1, span *= 256) {
    const hashes = Array.from({ length: Math.floor(size / span) }, (_, index) => treeRoot(leaves.slice(index * span, (index + 1) * span)));
    for (let n = 0; n * 256 < hashes.length; n += 1) {
      const tile = hashes.slice(n * 256, (n + 1) * 256);
      const name = `${String(n).padStart(3, '0')}${tile.length < 256 ? `.p/${tile.length}` : ''}`;
      put(`tile/${level}/${name}`, hashed(tile));
      if (level === 0) put(`tile/entries/${name}`, framed(tile.map((_, index) => entryOf(n * 256 + index))));
    }
  }
  put('checkpoint', vectors.trees.find((tree) => tree.size === size)?.checkpoint ?? '');
  return dir;
}

test('it walks a whole log in tiles of every size', () => {
  for (const size of sizes) {
    const found = checkTree(writeLog(size), vectors.vkey);
    expect([found.entries.length, found.entries.at(-1)?.toString(), found.beyond]).toEqual([size, `entry ${size - 1}`, []]);
  }
});

test('any bit of any file of a log, a missing file and one too many are noticed; what lies beyond the checkpoint is named', () => {
  const dir = writeLog(513);
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name));
  assert(property(constantFrom(...files), nat(), (file, bit) => {
    const whole = readFileSync(file);
    const changed = Buffer.from(whole);
    changed[(bit >> 3) % whole.length] = (changed[(bit >> 3) % whole.length] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(file, changed);
    expect(() => checkTree(dir, vectors.vkey)).toThrow();
    rmSync(file);
    expect(() => checkTree(dir, vectors.vkey)).toThrow();
    writeFileSync(file, whole);
  }), { numRuns: 60 });
  writeFileSync(join(dir, 'tile/entries/002.p/2'), framed([entryOf(512), entryOf(513)]));
  expect(checkTree(dir, vectors.vkey).beyond).toEqual(['entries/002.p/2']);
  writeFileSync(join(dir, 'tile/entries/002.p/2'), framed([entryOf(511), entryOf(513)]));
  expect(() => checkTree(dir, vectors.vkey)).toThrow('entries/002.p/2 is not of these entries');
  rmSync(join(dir, 'tile/entries/002.p/2'));
  writeFileSync(join(dir, 'tile/notes'), '');
  expect(() => checkTree(dir, vectors.vkey)).toThrow('no resource of a log');
});

test('it runs under Node as it is', () => {
  const run = Bun.spawnSync(['node', join(import.meta.dir, 'main.mjs'), 'tree', writeLog(513), vectors.vkey]);
  expect(run.stderr.toString()).toBe('');
  expect(JSON.parse(run.stdout.toString())).toEqual({ origin: 'log.example/vectors', size: 513, root: rootOf(513).toString('base64'), beyond: [] });
  const wrong = Bun.spawnSync(['node', join(import.meta.dir, 'main.mjs'), 'tree', writeLog(8), vectors.vkey.replace('+', '+0')]);
  expect([wrong.exitCode, wrong.stderr.toString()]).toEqual([1, expect.stringContaining('key id')]);
});
