import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FACETS } from '../../src/domain/detector.ts';
import { FINDING_IDS } from '../../src/domain/finding.ts';
import type { Json } from '../../src/domain/json.ts';

/** A case of `detection/` or a row of `misses.jsonl`: README.md says what each field means. */
const VECTOR = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  family: z.string(),
  incident: z.int().min(1).max(27).exactOptional(),
  lang: z.string(),
  facet: z.enum(FACETS),
  message: z.json(),
  under: z.string().default(''),
  server: z.string().default('crm'),
  name: z.string().default('search'),
  definition: z.json().exactOptional(),
  around: z.strictObject({
    trustedHosts: z.array(z.string()).exactOptional(),
    blockedHosts: z.array(z.string()).exactOptional(),
    roots: z.record(z.string(), z.array(z.string())).exactOptional(),
    privateTargets: z.array(z.string()).exactOptional(),
    tightened: z.record(z.string(), z.record(z.string(), z.json())).exactOptional(),
    secrets: z.array(z.strictObject({ name: z.string(), kind: z.enum(['vault', 'canary']), value: z.string() })).exactOptional(),
    people: z.array(z.string()).exactOptional(),
    resultCharsMax: z.int().exactOptional(),
  }).exactOptional(),
  neighbours: z.array(z.strictObject({ server: z.string(), tools: z.array(z.record(z.string(), z.json())) })).exactOptional(),
  expect: z.array(z.strictObject({
    find: z.enum(FINDING_IDS), at: z.string(), covers: z.string().exactOptional(), labels: z.record(z.string(), z.json()).exactOptional(),
  })),
  twin: z.string().exactOptional(),
  note: z.string().min(5),
});
export type Vector = z.infer<typeof VECTOR>;

const DIR = join(import.meta.dir, 'detection');

/** The families of `detection/`, which are its files. */
export const FAMILIES: readonly string[] = readdirSync(DIR).filter((file) => file.endsWith('.jsonl')).map((file) => file.replace(/\.jsonl$/, '')).toSorted();

export function vectorsOf(family: string): readonly Vector[] {
  return readVectors(join(DIR, `${family}.jsonl`));
}

export function readVectors(file: string): readonly Vector[] {
  return readFileSync(file, 'utf8').trim().split('\n').map((line) => VECTOR.parse(written(JSON.parse(line))));
}

const MADE = /⟦(?:(\d{1,7})×([^⟧]*))?⟧/g;

/** Strings as they are meant: `⟦⟧` stands for nothing, `⟦400×word ⟧` for `word ` four hundred times. */
function written(value: Json): Json {
  if (typeof value === 'string') return unmarked(value);
  if (Array.isArray(value)) return value.map(written);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, item]) => [unmarked(name), written(item)]));
  return value;
}

function unmarked(text: string): string {
  return text.replace(MADE, (_, count = '0', words = '') => words.repeat(Number(count)));
}
