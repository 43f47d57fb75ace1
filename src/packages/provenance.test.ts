import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { verifyNpm, verifyPypi } from './provenance.ts';
import type { Attested } from './provenance.ts';

// What the registries serve of two packages of sigstore's own, as anybody can look up in the transparency log.
const folder = join(import.meta.dir, '..', '..', 'test', 'vectors', 'attestations');
const npm: unknown = await Bun.file(join(folder, 'npm-sigstore-0.4.0.json')).json();
const pypi: unknown = await Bun.file(join(folder, 'pypi-sigstore-3.6.1.json')).json();

const PACKAGE: Attested = {
  what: 'npm:sigstore@0.4.0', subject: 'pkg:npm/sigstore@0.4.0', algorithm: 'sha512',
  digest: '282c0c5fa936d264321643581b65d3de5c0af6ed4fdfac12f5851115df39cc25cfaf0ad22d908487bfef30114d61c25746206d1834be4f8fd1659178f77cc004',
};
const FILE: Attested = {
  what: 'pypi:sigstore==3.6.1', subject: 'sigstore-3.6.1.tar.gz', algorithm: 'sha256',
  digest: 'ee60fdc9236fd6709271ad53b44027461360c3fde155d2af15482e4c451ff865',
};

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'ERR_PACKAGE_PROVENANCE') return error.message;
    throw error;
  }
  return 'verified';
}

function changed(document: unknown, from: string, to: string): unknown {
  const text = JSON.stringify(document);
  expect(text).toContain(from);
  return JSON.parse(text.replace(from, to));
}

/** The same document whose statement says something else. */
function restated(document: unknown, member: 'payload' | 'statement', from: string, to: string): unknown {
  const [, base64 = ''] = new RegExp(`"${member}":"([^"]+)"`).exec(JSON.stringify(document)) ?? [];
  const said = Buffer.from(base64, 'base64').toString('utf8');
  expect(said).toContain(from);
  return changed(document, base64, Buffer.from(said.replace(from, to)).toString('base64'));
}

describe('a real attestation', () => {
  test('of npm says what it was built from, without any network', () => {
    expect(verifyNpm(npm, PACKAGE)).toEqual({
      repository: 'https://github.com/sigstore/sigstore-js',
      builder: 'https://github.com/sigstore/sigstore-js/.github/workflows/publish.yml@refs/tags/v0.4.0',
    });
  });

  test('of PyPI says what it was built from', () => {
    expect(verifyPypi(pypi, FILE)).toEqual({
      repository: 'https://github.com/sigstore/sigstore-python',
      builder: 'https://github.com/sigstore/sigstore-python/.github/workflows/release.yml@refs/tags/v3.6.1',
    });
  });

  test('of a publication alone says nothing of a build', () => {
    expect(verifyNpm({ attestations: [] }, PACKAGE)).toBeUndefined();
  });
});

describe('an attestation is refused', () => {
  const cases: readonly (readonly [what: string, work: () => unknown, why: string])[] = [
    ['of another archive', () => verifyNpm(npm, { ...PACKAGE, digest: PACKAGE.digest.replace('2', '3') }), 'about something else'],
    ['of another package', () => verifyNpm(npm, { ...PACKAGE, subject: 'pkg:npm/sigstore@0.4.1' }), 'about something else'],
    ['of another wheel', () => verifyPypi(pypi, { ...FILE, subject: 'sigstore-3.6.2.tar.gz' }), 'about something else'],
    ['whose statement was changed',
      () => verifyNpm(restated(npm, 'payload', 'sigstore@0.4.0', 'sigstore@0.4.1'), { ...PACKAGE, subject: 'pkg:npm/sigstore@0.4.1' }), 'does not verify'],
    ['whose wheel was changed', () => verifyPypi(restated(pypi, 'statement', 'ee60', 'ee61'), { ...FILE, digest: FILE.digest.replace('ee60', 'ee61') }),
      'does not verify'],
    ['whose place in the log was changed', () => verifyPypi(changed(pypi, '1734628193', '1734628194'), FILE), 'does not verify'],
    ['of another publisher', () => verifyPypi(changed(pypi, '"sigstore/sigstore-python"', '"someone/sigstore-python"'), FILE), 'another publisher'],
    ['of another workflow', () => verifyPypi(changed(pypi, '"release.yml"', '"other.yml"'), FILE), 'another publisher'],
    ['without an entry in a log', () => verifyNpm(changed(npm, '"tlogEntries":[{', '"tlogEntries":[],"x":[{'), PACKAGE), 'does not verify'],
    ['that is no document of attestations', () => verifyNpm({ attestations: 'none' }, PACKAGE), 'cannot be read'],
  ];
  for (const [what, work, why] of cases) test(what, () => expect(refusal(work)).toContain(why));
});
