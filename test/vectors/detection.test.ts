import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secretsIn } from '../../src/detect/secrets/rules.ts';
import { DETECTOR_INFO, DETECTORS } from '../../src/detect/table.ts';
import { differences } from './look.ts';
import { FAMILIES, readVectors, vectorsOf } from './vectors.ts';
import type { Vector } from './vectors.ts';

const ALL = FAMILIES.flatMap(vectorsOf);
const ATTACKS = ALL.filter(({ expect: wanted }) => wanted.length > 0);
const MISSES = readVectors(join(import.meta.dir, 'misses.jsonl'));
const README = readFileSync(join(import.meta.dir, 'README.md'), 'utf8');

function named(vectors: readonly Vector[]): readonly (readonly [string, Vector])[] {
  return vectors.map((one) => [one.id, one] as const);
}

describe.each(FAMILIES)('%s', (family) => {
  const vectors = vectorsOf(family);

  test.each(named(vectors.filter((one) => one.expect.length > 0)))('%s is found', (_, vector) => {
    expect(vector.family).toBe(family);
    expect(differences(vector)).toEqual([]);
  });

  test.each(named(vectors.filter((one) => one.expect.length === 0)))('%s is left alone', (_, vector) => {
    expect(vector.family).toBe(family);
    expect(differences(vector)).toEqual([]);
  });
});

/** What no detector of ours gets right yet: a row that it does get right belongs into its family's file. */
test.each(named(MISSES))('%s is still missed', (_, vector) => {
  expect(differences(vector)).not.toEqual([]);
  expect(README).toContain(`\`${vector.id}\``);
});

/** A detector that is taken out of the table leaves what it alone reports unfound. */
test.each(Object.keys(DETECTOR_INFO))('without %s its cases fail', (detector) => {
  const its = ATTACKS.filter(({ expect: wanted }) => wanted.some(({ find }) => find.startsWith(`${detector}/`)));
  expect(its.length).toBeGreaterThan(0);
  for (const vector of its) expect([vector.id, differences(vector, detector)]).not.toEqual([vector.id, []]);
});

test('every detector of the table says what it can find', () => {
  expect(DETECTORS.map(({ id }) => id).filter((id) => !Object.hasOwn(DETECTOR_INFO, id))).toEqual([]);
});

test('every rule of every detector is asked for by an attack', () => {
  const asked = new Set(ATTACKS.flatMap(({ expect: wanted }) => wanted.map(({ find }) => find)));
  const rules = Object.entries(DETECTOR_INFO).flatMap(([detector, { rules: its }]) => Object.keys(its).map((rule) => `${detector}/${rule}`));
  expect(rules.filter((rule) => !asked.has(rule))).toEqual([]);
});

test('every case has a name of its own, and every attack a twin of its family that is none', () => {
  const names = [...ALL, ...MISSES].map(({ id }) => id);
  expect(names.filter((id, at) => names.indexOf(id) !== at)).toEqual([]);
  const benign = new Map(ALL.filter((one) => one.expect.length === 0).map((one) => [one.id, one.family]));
  expect(ATTACKS.filter(({ twin, family }) => twin === undefined || benign.get(twin) !== family).map(({ id }) => id)).toEqual([]);
  const twins = new Set(ATTACKS.map(({ twin }) => twin));
  expect([...benign.keys()].filter((id) => !twins.has(id))).toEqual([]);
  expect(ATTACKS.filter(({ twin }) => twin !== undefined && benign.has(twin)).length).toBe(twins.size);
});

/** Made-up credentials are broken by a mark, so that nobody who looks for leaked ones finds these. */
test('no line as it stands holds a credential by its form', () => {
  const lines = [...FAMILIES.map((family) => join('detection', `${family}.jsonl`)), 'misses.jsonl'].flatMap((file) =>
    readFileSync(join(import.meta.dir, file), 'utf8').trim().split('\n'));
  expect(lines.filter((line) => secretsIn(line)?.length !== 0)).toEqual([]);
});
