/*
 * A verifier of transparency logs, written from the specifications alone and kept apart from the product: it imports
 * nothing of src/, and runs under Node 20 as under Bun, without any package.
 *
 *   c2sp.org/signed-note       how a text is signed, and what a verifier key (vkey) is
 *   c2sp.org/tlog-checkpoint   origin, size and root in such a text
 *   c2sp.org/tlog-tiles        where hashes and entries lie
 *   c2sp.org/tlog-proof        an inclusion proof as a file
 *   RFC 6962 section 2.1       the tree;  RFC 9162 sections 2.1.3.2 and 2.1.4.2: how proofs are checked
 *
 * Everything throws an Error that says what is wrong; what returns has been proven.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const HASH_BYTES = 32;
const WIDTH = 256;
const ED25519 = 1;
const SIGNATURE_BYTES = 64;
const ED25519_SPKI = Buffer.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

function sha256(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** RFC 6962 section 2.1: the hash of a leaf, of two subtrees, and of nothing. */
export const leafHash = (entry) => sha256(Buffer.of(0), entry);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);
const EMPTY_ROOT = sha256();

function demand(holds, what) {
  if (!holds) throw new Error(what);
}

/** Standard base64 (RFC 4648 section 4), in its one canonical form. */
function base64(text, what) {
  const bytes = Buffer.from(text, 'base64');
  demand(bytes.toString('base64') === text, `${what} is not base64`);
  return bytes;
}

function hashOf(text, what) {
  const bytes = base64(text, what);
  demand(bytes.length === HASH_BYTES, `${what} is not a SHA-256 hash`);
  return bytes;
}

function decimal(text, what) {
  demand(/^(0|[1-9][0-9]{0,15})$/.test(text) && Number.isSafeInteger(Number(text)), `${what} is no decimal number`);
  return Number(text);
}

/** `<name>+<key id, 8 hex digits>+<base64 of 0x01 and the 32 bytes of the key>`. */
export function readVkey(vkey) {
  const [name, id, ...rest] = vkey.trim().split('+');
  // The key's base64 may hold plus signs itself; names may not.
  const encoded = base64(rest.join('+'), 'the key of the vkey');
  demand(name !== undefined && name !== '' && !/\s/u.test(name), 'the vkey has no name');
  demand(encoded.length === 1 + HASH_BYTES && encoded[0] === ED25519, 'the vkey is not for Ed25519');
  const expected = sha256(name, '\n', encoded).subarray(0, 4).toString('hex');
  demand(id === expected, `the vkey says key id ${id}, its key has ${expected}`);
  return { name, id, key: createPublicKey({ key: Buffer.concat([ED25519_SPKI, encoded.subarray(1)]), format: 'der', type: 'spki' }) };
}

/** The text of a note that this key signed. */
export function openNote(note, vkey) {
  const signer = readVkey(vkey);
  const bytes = Buffer.from(note);
  demand(bytes.toString() === note && bytes.every((byte) => byte >= 0x20 || byte === 0x0a), 'the note has bytes that notes do not have');
  const cut = note.lastIndexOf('\n\n');
  demand(cut > 0 && note.endsWith('\n'), 'the note has no signatures');
  const text = note.slice(0, cut + 1);
  const lines = note.slice(cut + 2, -1).split('\n');
  let proven = false;
  for (const line of lines) {
    const match = /^— ([^\s+]+) (\S+)$/u.exec(line);
    demand(match !== null, 'a signature line of the note is malformed');
    const signature = base64(match[2], 'a signature of the note');
    demand(signature.length > 4, 'a signature of the note is too short');
    if (match[1] !== signer.name || signature.subarray(0, 4).toString('hex') !== signer.id) continue;
    demand(signature.length === 4 + SIGNATURE_BYTES, 'the signature of the note has the wrong length');
    demand(verify(null, Buffer.from(text), signer.key, signature.subarray(4)), 'the signature of the note is not by this key over this text');
    proven = true;
  }
  demand(proven, `the note is not signed by ${signer.name}`);
  return text;
}

/** A checkpoint that this key signed. The key's name must be the log's origin. */
export function openCheckpoint(note, vkey) {
  const [origin, size, root, ...extensions] = openNote(note, vkey).slice(0, -1).split('\n');
  demand(origin !== undefined && origin !== '' && size !== undefined && root !== undefined, 'the checkpoint has fewer than three lines');
  demand(extensions.every((line) => line !== ''), 'the checkpoint has an empty extension line');
  demand(origin === readVkey(vkey).name, `the checkpoint is of ${origin}, the key of another log`);
  const checkpoint = { origin, size: decimal(size, 'the size of the checkpoint'), root: hashOf(root, 'the root of the checkpoint') };
  demand(checkpoint.size > 0 || checkpoint.root.equals(EMPTY_ROOT), 'the root of the empty tree is not the hash of nothing');
  return checkpoint;
}

/** RFC 9162 section 2.1.3.2. */
export function checkInclusion({ index, size, leaf, path, root }) {
  demand(index < size, `entry ${index} is not in a tree of ${size}`);
  let [fn, sn] = [BigInt(index), BigInt(size) - 1n];
  let hash = leaf;
  for (const sibling of path) {
    demand(sn !== 0n, 'the inclusion proof is too long');
    if ((fn & 1n) === 1n || fn === sn) {
      hash = nodeHash(sibling, hash);
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else hash = nodeHash(hash, sibling);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  demand(sn === 0n, 'the inclusion proof is too short');
  demand(hash.equals(root), 'the inclusion proof does not lead to the root');
}

/** RFC 9162 section 2.1.4.2; a tree of size 0 is a beginning of every tree. */
export function checkConsistency({ first, second, path }) {
  demand(first.size <= second.size, `a tree of ${second.size} does not continue one of ${first.size}`);
  if (first.size === 0 || first.size === second.size) {
    demand(path.length === 0, 'the consistency proof is too long');
    demand(first.size === 0 || first.root.equals(second.root), `two trees of size ${first.size} differ`);
    return;
  }
  const nodes = isPowerOfTwo(first.size) ? [first.root, ...path] : [...path];
  demand(nodes.length > 0, 'the consistency proof is empty');
  let [fn, sn] = [BigInt(first.size) - 1n, BigInt(second.size) - 1n];
  while ((fn & 1n) === 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let [fr, sr] = [nodes[0], nodes[0]];
  for (const node of nodes.slice(1)) {
    demand(sn !== 0n, 'the consistency proof is too long');
    if ((fn & 1n) === 1n || fn === sn) {
      [fr, sr] = [nodeHash(node, fr), nodeHash(node, sr)];
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else sr = nodeHash(sr, node);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  demand(sn === 0n, 'the consistency proof is too short');
  demand(fr.equals(first.root), 'the consistency proof does not lead to the older root');
  demand(sr.equals(second.root), 'the consistency proof does not lead to the newer root');
}

function isPowerOfTwo(size) {
  return (BigInt(size) & (BigInt(size) - 1n)) === 0n;
}

/** A tlog-proof of `entry`. Returns its index, its checkpoint and the bytes of its extra line, which nothing vouches for. */
export function checkProof(proof, entry, vkey) {
  const cut = proof.indexOf('\n\n');
  demand(cut > 0, 'the proof has no checkpoint');
  const [head, ...lines] = proof.slice(0, cut).split('\n');
  demand(head === 'c2sp.org/tlog-proof@v1', 'the proof is of no known version');
  const extra = lines[0]?.startsWith('extra ') === true ? base64(lines.shift().slice('extra '.length), 'the extra data') : Buffer.alloc(0);
  const index = /^index (.*)$/.exec(lines.shift() ?? '');
  demand(index !== null, 'the proof has no index');
  const checkpoint = openCheckpoint(proof.slice(cut + 2), vkey);
  const at = decimal(index[1], 'the index of the proof');
  const path = lines.map((line) => hashOf(line, 'a hash of the proof'));
  checkInclusion({ index: at, size: checkpoint.size, leaf: leafHash(entry), path, root: checkpoint.root });
  return { index: at, checkpoint, extra };
}

/** `1234067` → `x001/x234/067`. */
function indexPath(index) {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g);
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** The tile or bundle `n`, of which `width` items belong to the tree: as a partial, or as the beginning of the full one. */
function readTile(folder, n, width) {
  const full = join(folder, indexPath(n));
  const partial = join(`${full}.p`, String(width));
  if (width < WIDTH && existsSync(partial)) return readFileSync(partial);
  demand(existsSync(full), `${width < WIDTH ? partial : full} is missing`);
  return readFileSync(full);
}

function bundleEntries(bytes, name) {
  const entries = [];
  for (let at = 0; at < bytes.length; ) {
    demand(at + 2 <= bytes.length, `${name} ends within a length`);
    const end = at + 2 + bytes.readUInt16BE(at);
    demand(end <= bytes.length, `${name} ends within an entry`);
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

function hashesOf(bytes, name) {
  demand(bytes.length % HASH_BYTES === 0, `${name} ends within a hash`);
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

/** The hash of a full subtree, from its leaves (a power of two of them). */
function subtreeHash(hashes) {
  let row = hashes;
  while (row.length > 1) row = Array.from({ length: row.length / 2 }, (_, at) => nodeHash(row[2 * at], row[2 * at + 1]));
  return row[0];
}

/** RFC 6962 section 2.1, over the leaf hashes in order. */
export function treeRoot(leaves) {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0];
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split)));
}

/** Half-written files of a crash (`.draft`) are nothing that a log serves. */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => !item.isDirectory() && !item.name.endsWith('.draft'))
    .map((item) => relative(folder, join(item.parentPath ?? item.path, item.name)).split(sep).join('/'));
}

const RESOURCE = /^(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/**
 * A whole log as it lies in a folder (`checkpoint`, `tile/…`): every entry, every hash of every level, the root, and every
 * other file that is served: an earlier partial must be a beginning of what took its place. Returns the checkpoint, its
 * entries, and the names of files that lie beyond the checkpoint, of which nothing can be said yet.
 */
export function checkTree(folder, vkey) {
  const checkpoint = openCheckpoint(readFileSync(join(folder, 'checkpoint'), 'utf8'), vkey);
  const tiles = join(folder, 'tile');
  const entries = [];
  for (let n = 0; n * WIDTH < checkpoint.size; n += 1) {
    const width = Math.min(WIDTH, checkpoint.size - n * WIDTH);
    const bundle = bundleEntries(readTile(join(tiles, 'entries'), n, width), `bundle ${n}`);
    demand(bundle.length >= width, `bundle ${n} holds ${bundle.length} entries, not ${width}`);
    entries.push(...bundle.slice(0, width));
  }
  let row = entries.map(leafHash);
  const root = treeRoot(row);
  const rows = [];
  for (let level = 0; row.length > 0; level += 1) {
    rows.push(row);
    for (let n = 0; n * WIDTH < row.length; n += 1) {
      const expected = row.slice(n * WIDTH, (n + 1) * WIDTH);
      const found = readTile(join(tiles, String(level)), n, expected.length);
      demand(Buffer.concat(expected).equals(found.subarray(0, expected.length * HASH_BYTES)), `tile ${level}/${indexPath(n)} is not of these entries`);
    }
    const full = Math.floor(row.length / WIDTH);
    row = Array.from({ length: full }, (_, n) => subtreeHash(rows[level].slice(n * WIDTH, (n + 1) * WIDTH)));
  }
  demand(root.equals(checkpoint.root), 'the root of the tiles is not the root of the checkpoint');
  return { checkpoint, entries, beyond: checkOthers(tiles, entries, rows) };
}

function checkOthers(tiles, entries, rows) {
  return filesBelow(tiles).filter((name) => {
    const match = RESOURCE.exec(name);
    demand(match !== null && Number(match[3] ?? 1) < WIDTH, `tile/${name} is no resource of a log`);
    const n = Number(match[2].replace(/[x/]/g, ''));
    const width = Number(match[3] ?? WIDTH);
    const bytes = readFileSync(join(tiles, name));
    const found = match[1] === 'entries' ? bundleEntries(bytes, `tile/${name}`) : hashesOf(bytes, `tile/${name}`);
    demand(found.length === width, `tile/${name} holds ${found.length} items, not ${width}`);
    const known = (match[1] === 'entries' ? entries : (rows[Number(match[1])] ?? [])).slice(n * WIDTH, n * WIDTH + width);
    demand(known.every((item, at) => item.equals(found[at])), `tile/${name} is not of these entries`);
    return known.length < width;
  });
}
