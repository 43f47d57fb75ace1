// Checks an evidence bundle, offline, with nothing but Node 20 or newer:   node verify.mjs [folder] [log vkey] [control key]
// Without the two keys it believes those in the bundle and prints them: compare them with what you were given elsewhere.
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder = dirname(fileURLToPath(import.meta.url)), logKey, controlKey] = process.argv.slice(2);
const problems = [];
const check = (holds, what) => holds || (problems.push(what), false);
const bytes = (name) => readFileSync(join(folder, name));
// What others wrote may hold escape sequences.
const say = (words) => console.log(words.replace(/[^\P{C}\n]/gu, '?'));
const text = (name) => bytes(name).toString();
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const base64 = (encoded) => Buffer.from(encoded, 'base64');
const signedBy = (key, signature, data) =>
  verify(null, data, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' }), signature);

// 0. Nothing in it leads elsewhere.
const items = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((item) => !item.isDirectory());
if (items.some((item) => !item.isFile())) throw new Error('there are links in it, or something else than plain files');
const nameOf = (item) => join(item.parentPath ?? item.path, item.name).slice(join(folder, '/').length).replaceAll('\\', '/');
const present = new Set(items.map(nameOf));

// 1. The manifest is what Sallyport's control signed, and lists every file with its SHA-256.
const manifest = JSON.parse(text('manifest.json'));
const { key, signature } = JSON.parse(text('signature.json'));
check(controlKey === undefined || controlKey === key, `the bundle is signed by ${key}, not by the key that you gave`);
const signed = Buffer.concat([Buffer.from('sallyport/bundle/v1\n'), bytes('manifest.json')]);
check(signedBy(base64(key), base64(signature), signed), 'manifest.json is not what was signed');
for (const name of present) {
  check(Object.hasOwn(manifest.files, name) || name === 'manifest.json' || name === 'signature.json', `${name}: not a file of this bundle`);
}
for (const [name, expected] of Object.entries(manifest.files)) {
  if (!check(present.has(name), `${name}: missing`)) continue;
  check(sha256(bytes(name)).toString('hex') === expected, `${name}: not what was signed`);
}

// 2. The checkpoint is the log's (C2SP signed-note and tlog-checkpoint, Ed25519).
function openCheckpoint(note, vkey) {
  const [, name = '', id = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey.trim()) ?? [];
  const typed = base64(encoded);
  check(typed[0] === 1 && typed.length === 33 && sha256(`${name}\n`, typed).toString('hex').startsWith(id), 'the log’s key is no Ed25519 vkey');
  const cut = note.lastIndexOf('\n\n') + 1;
  const signatures = note.slice(cut + 1).split('\n').flatMap((line) => {
    const [dash, by, value] = line.split(' ');
    return dash === '—' && by === name && base64(value).toString('hex', 0, 4) === id ? [base64(value).subarray(4)] : [];
  });
  const proven = signatures.length > 0 && signatures.every((one) => signedBy(typed.subarray(1), one, Buffer.from(note.slice(0, cut))));
  const [origin, size, root] = note.split('\n');
  check(proven && origin === name, 'log/checkpoint is not signed by the log’s key');
  return { size: BigInt(size), root: base64(root) };
}

// 3. Each record's commitment is in the log at its place (C2SP tlog-proof, RFC 9162 section 2.1.3.2) …
const node = (left, right) => sha256(Buffer.of(1), left, right);
function included(leaf, index, path, { size, root }) {
  let [fn, sn, hash] = [index, size - 1n, sha256(Buffer.of(0), leaf)];
  for (const sibling of path) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      hash = node(sibling, hash);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn / 2n, sn / 2n];
    } else hash = node(hash, sibling);
    [fn, sn] = [fn / 2n, sn / 2n];
  }
  return index < size && sn === 0n && hash.equals(root);
}

const vkey = (logKey ?? text('log/vkey')).trim();
const note = text('log/checkpoint');
const checkpoint = openCheckpoint(note, vkey);
const readable = text('records.jsonl').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
check(readable.length === manifest.records.length, 'records.jsonl does not hold the records of the manifest');
let disclosed = 0;
for (const [at, { position, leaf, line }] of manifest.records.entries()) {
  const [head, inNote] = text(`proofs/${position}.tlog-proof`).split(/\n\n([^]*)/);
  const [version, index, ...path] = head.split('\n');
  const inLog = included(Buffer.from(leaf, 'base64url'), BigInt(position), path.map(base64), checkpoint);
  const fits = version === 'c2sp.org/tlog-proof@v1' && index === `index ${position}` && inNote === note;
  check(inLog && fits, `record ${position}: not proven to be in the log`);
  check(at === 0 || manifest.records[at - 1].position < position, `record ${position}: twice, or not in the log’s order`);
  check(readable[at]?.position === position, `record ${position}: not in its place in records.jsonl`);
  if (line !== true) continue;
  // … and what is disclosed of it is what was committed to: HMAC-SHA-256 under the line's own salt, docs/audit/log.md.
  const original = text(`lines/${position}.json`);
  const [, said, salt, rest] = /^\{"leaf":"([\w-]{43})","salt":"([\w-]{22})"(,"position":.*)$/s.exec(original) ?? [];
  const proven = rest !== undefined && said === leaf && createHmac('sha256', Buffer.from(salt, 'base64url')).update(rest).digest('base64url') === leaf;
  const parsed = proven ? JSON.parse(original) : {};
  check(proven && parsed.position === position, `record ${position}: its line is not what the log committed to`);
  check(JSON.stringify(readable[at]) === JSON.stringify({ position, ...parsed.record }), `record ${position}: records.jsonl says something else than its line`);
  disclosed += 1;
}

say(`log      ${vkey}\ncontrol  ${key}\nsize     ${checkpoint.size}, root ${checkpoint.root.toString('base64')}`);
say(`records  ${manifest.records.length} proven, ${disclosed} of them disclosed as they were written; ${Object.keys(manifest.files).length} files`);
say(problems.length === 0 ? 'verified' : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;
