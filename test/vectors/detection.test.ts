import { describe, expect, test } from 'bun:test';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { createInspector } from '../../src/detect/inspect.ts';
import { DETECTORS } from '../../src/detect/table.ts';
import { FACETS } from '../../src/domain/detector.ts';
import { FINDING_IDS, idOf, type Finding } from '../../src/domain/finding.ts';

const VECTOR = z.strictObject({
  id: z.string(),
  family: z.string(),
  incident: z.int().min(1).max(27).exactOptional(),
  lang: z.string(),
  facet: z.enum(FACETS),
  message: z.json(),
  server: z.string().default('crm'),
  name: z.string().default('search'),
  definition: z.json().exactOptional(),
  expect: z.array(z.strictObject({ find: z.enum(FINDING_IDS), at: z.string() })),
  twin: z.string().exactOptional(),
  note: z.string().min(5),
});
type Vector = z.infer<typeof VECTOR>;

const DIR = join(import.meta.dir, 'detection');
const inspect = createInspector(DETECTORS);

function vectorsIn(file: string): readonly Vector[] {
  return readFileSync(join(DIR, file), 'utf8').trim().split('\n').map((line) => VECTOR.parse(JSON.parse(line)));
}

function look({ facet, message, server, name, definition }: Vector): readonly Finding[] {
  const { findings, incomplete } = inspect({ facet, json: message, at: '', server, name, ...(definition === undefined ? {} : { definition }) });
  return incomplete === undefined ? findings : [...findings, incomplete];
}

const FILES = readdirSync(DIR).filter((file) => file.endsWith('.jsonl')).toSorted();
const ALL = FILES.flatMap(vectorsIn);

describe.each(FILES)('%s', (file) => {
  const family = basename(file, '.jsonl');
  const vectors = vectorsIn(file);

  test.each(vectors.filter((one) => one.expect.length > 0).map((one) => [one.id, one] as const))('%s is found', (_, vector) => {
    expect(vector.family).toBe(family);
    const found = look(vector).flatMap((one) => one.at.map((at) => `${idOf(one)} ${at}`));
    expect(found).toEqual(expect.arrayContaining(vector.expect.map(({ find, at }) => `${find} ${at}`)));
  });

  test.each(vectors.filter((one) => one.expect.length === 0).map((one) => [one.id, one] as const))('%s is left alone', (_, vector) => {
    const found = look(vector).filter(({ detector, severity }) => detector === family || severity === 'high' || severity === 'critical');
    expect(found).toEqual([]);
  });
});

test('every case has a name of its own, and every attack a twin that is none', () => {
  expect(new Set(ALL.map(({ id }) => id)).size).toBe(ALL.length);
  const benign = new Set(ALL.filter((one) => one.expect.length === 0).map(({ id }) => id));
  expect(ALL.filter((one) => one.expect.length > 0 && (one.twin === undefined || !benign.has(one.twin))).map(({ id }) => id)).toEqual([]);
});
