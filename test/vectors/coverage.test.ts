import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FACETS } from '../../src/domain/detector.ts';
import { FAMILIES, vectorsOf } from './vectors.ts';

const ALL = FAMILIES.flatMap(vectorsOf);
const ATTACKS = ALL.filter(({ expect: wanted }) => wanted.length > 0);
const README = readFileSync(join(import.meta.dir, 'README.md'), 'utf8');

test('at least 400 attacks and as many twins, in at least 12 languages each with several, of every facet', () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(400);
  expect(ALL.length - ATTACKS.length).toBeGreaterThanOrEqual(400);
  const inLanguage = Map.groupBy(ATTACKS, ({ lang }) => lang);
  expect([...inLanguage].filter(([, rows]) => rows.length >= 5).length).toBeGreaterThanOrEqual(12);
  const facets = new Set(ATTACKS.map(({ facet }) => facet));
  expect(FACETS.filter((facet) => !facets.has(facet))).toEqual([]);
});

const INCIDENT = /^\| (\d{1,2}) \| .* \| ([^|]*) \|$/gm;
const CASE = /`([a-z0-9-]+)`/g;
const TEST = /`((?:src|test)\/[\w./-]+\.test\.ts)`: “([^”]+)”/g;

/** The table of incidents in README.md: each has cases here, or a test elsewhere, or both; and they are there. */
describe('incidents', () => {
  const rows = new Map([...README.matchAll(INCIDENT)].map(([, number = '', where = '']) => [Number(number), where]));

  test.each(Array.from({ length: 27 }, (_, index) => index + 1))('%d', (incident) => {
    const where = rows.get(incident) ?? '';
    const tests = [...where.matchAll(TEST)];
    for (const [, file = '', name = ''] of tests) {
      const path = join(import.meta.dir, '../..', file);
      expect(existsSync(path) ? readFileSync(path, 'utf8') : file).toContain(name);
    }
    const ours = ATTACKS.filter((one) => one.incident === incident).map(({ id }) => id);
    expect([...where.replace(TEST, '').matchAll(CASE)].map(([, id = '']) => id).toSorted()).toEqual(ours.toSorted());
    expect(ours.length + tests.length).toBeGreaterThan(0);
  });
});
