import { expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { signStatement } from '../../scripts/make-release/provenance.ts';
import { compareFiles, digestFiles } from './verify-files.ts';
import { FILES_PREDICATE, readReleaseFiles, STATEMENT_TYPE } from './verify-manifest.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const publicPem: string = publicKey.export({ type: 'spki', format: 'pem' });
const DIGEST = '0'.repeat(64);

function statement(path: string): string {
  return signStatement({
    _type: STATEMENT_TYPE, subject: [{ name: 'x', digest: { sha256: 'x' } }], predicateType: FILES_PREDICATE,
    predicate: { name: 'x', version: '1', platform: 'y', files: { [path]: DIGEST } },
  }, privateKey);
}

test('without the release key nobody signed it, and by another key nothing is read', () => {
  const text = statement('src/a.ts');
  expect(readReleaseFiles(text, publicPem).signedBy).toMatch(/^[0-9a-f]{64}$/);
  expect(readReleaseFiles(text, undefined).signedBy).toBeUndefined();
  const stranger = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
  expect(() => readReleaseFiles(text, stranger)).toThrow('not of that key');
  expect(() => readReleaseFiles(text, 'x')).toThrow('the key cannot be read');
  const envelope = z.looseObject({ payload: z.string() }).parse(JSON.parse(text));
  const payload = Buffer.from(envelope.payload, 'base64').toString().replace(DIGEST, '1'.repeat(64));
  const forged = JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') });
  expect(() => readReleaseFiles(forged, publicPem)).toThrow('not of that key');
  for (const junk of ['', '{}', '[]', 'null']) expect(() => readReleaseFiles(junk, publicPem)).toThrow('no signed release manifest');
});

test('a list names no path outside the program', () => {
  expect(readReleaseFiles(statement('src/a.ts'), publicPem).files.files).toEqual({ 'src/a.ts': DIGEST });
  for (const path of ['/etc/passwd', '../a', 'a/../b', 'a/..', './a', 'a\u001b[2J', 'a\\b', '']) {
    expect(() => readReleaseFiles(statement(path), publicPem)).toThrow('does not list');
  }
});

test('what is changed, missing, extra, linked elsewhere or no file is found', async () => {
  const folder = mkdtempSync('/tmp/sp-verify-');
  try {
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), name);
    symlinkSync('a', join(folder, 'link'));
    const released = Object.fromEntries(await digestFiles(folder));
    expect(compareFiles(released, await digestFiles(folder))).toEqual({ changed: [], missing: [], extra: [] });
    writeFileSync(join(folder, 'a'), 'A');
    rmSync(join(folder, 'b'));
    writeFileSync(join(folder, 'd'), '');
    rmSync(join(folder, 'link'));
    symlinkSync('/etc/passwd', join(folder, 'link'));
    expect(compareFiles(released, await digestFiles(folder))).toEqual({ changed: ['a', 'link'], missing: ['b'], extra: ['d'] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
