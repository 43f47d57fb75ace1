import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord } from '../../domain/record.ts';
import { FIELDS, isField } from '../query/fields.ts';
import type { FieldName } from '../query/fields.ts';
import type { Condition, Filter } from '../query/filter.ts';
import { matches } from '../query/matches.ts';
import { rowOf } from '../query/row.ts';
import type { Placed } from '../query/row.ts';
import { openIndexFile } from './database.ts';
import type { IndexFile } from './database.ts';
import { planSearch } from './plan.ts';
import { IndexWriter } from './writer.ts';

const WORDS = ['', 'a', 'ab', 'abc', '[x]', 'b*', 'é😀', 'crm', 'default'] as const;
const word = fc.constantFrom(...WORDS);
const words = fc.uniqueArray(word, { maxLength: 3 });
const record: fc.Arbitrary<JournalRecord> = fc.record({
  id: fc.uuid({ version: 7 }), at: fc.integer({ min: 1, max: 20_000 }), category: fc.constantFrom('access', 'execution'),
  event: fc.constantFrom('call.permitted', 'call.denied', 'result.delivered'), node: word, space: fc.constantFrom('default', 'other'),
    exchange: fc.uuid({ version: 7 }),
}, { noNullPrototype: true }).chain((must) => fc.record({
  principal: word, principalKind: fc.constantFrom('person', 'workload'), agent: word, actors: words, context: word, server: word, tool: word, address: word,
  latencyMs: fc.integer({ min: 0, max: 5 }), sizeBytes: fc.integer({ min: 0, max: 5 }), policies: words, snapshot: fc.integer({ min: 0, max: 3 }),
  findings: fc.array(fc.record({ detector: word, rule: word, severity: fc.constantFrom('info', 'high'), at: fc.constant([]) }), { maxLength: 2 }),
  labels: fc.record({
    confidentiality: fc.constantFrom('public', 'restricted'), categories: fc.uniqueArray(fc.constantFrom('pii', 'pci')),
      integrity: fc.constantFrom('trusted', 'untrusted'),
  }),
}, { requiredKeys: [], noNullPrototype: true }).map((may): JournalRecord => ({ ...must, ...may })));

const NAMES = Object.keys(FIELDS).filter(isField);
const condition = fc.constantFrom(...NAMES).chain((field): fc.Arbitrary<Condition> => {
  const number = { kind: fc.constant('number'), field: fc.constant(field), operator: fc.constantFrom('=', '<', '<=', '>', '>='),
    value: fc.integer({ min: 0, max: 5 }) } as const;
  const has = fc.record({ kind: fc.constant('has'), field: fc.constant(field) } as const);
  const { kind } = FIELDS[field];
  if (kind === 'number' || kind === 'time' || kind === 'rank') return fc.oneof(fc.record(number), has);
  const equal = fc.record({ kind: fc.constant('equal'), field: fc.constant(field), values: fc.array(word, { minLength: 1, maxLength: 2 }) } as const);
  if (kind === 'id') return has;
  return fc.oneof(equal, has, fc.record({ kind: fc.constant('glob'), field: fc.constant(field),
    pattern: fc.constantFrom('*', 'a*', '?', '[x]', '*b*', 'a?c', '**') } as const));
});
const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 }, condition, fc.record({ kind: fc.constant('not'), part: tie('filter') } as const),
    fc.record({ kind: fc.constantFrom('and', 'or'), parts: fc.array(tie('filter'), { maxLength: 3 }) } as const),
  ),
})).filter;

describe('the index', () => {
  const dir = mkdtempSync(join(tmpdir(), 'index-'));
  let file: IndexFile;
  let placed: readonly Placed[] = [];

  beforeAll(() => {
    file = openIndexFile(dir);
    placed = fc.sample(record, { numRuns: 400, seed: 7 }).map((one, position) => ({ position, role: 'gateway', record: one }));
    const reached = { next: placed.length, segment: 0, offset: 1, leaf: '', leafOffset: 0 };
    new IndexWriter(file.sqlite).take(placed.map((one) => ({ ...one, offset: one.position })), [], reached);
  });
  afterAll(() => {
    file.close();
    rmSync(dir, { recursive: true });
  });

  function found(wanted: Filter, by: readonly FieldName[]): readonly number[] {
    const { from, where, isEmpty } = planSearch(file.sqlite, 'default', wanted, by);
    const text = `SELECT record.position AS position FROM ${from} WHERE ${where.text} record.position >= ? AND record.position < ? ORDER BY record.position`;
    const rows = file.sqlite.query<{ position: number }, (string | number)[]>(text).all(...where.values, 0, placed.length);
    return isEmpty && rows.length > 0 ? [-1] : rows.map(({ position }) => position);
  }

  test('finds in SQL exactly what a filter says of the records themselves', () => {
    fc.assert(fc.property(filter, (wanted) => {
      const expected = placed.filter((one) => one.record.space === 'default' && matches(wanted, rowOf(one))).map(({ position }) => position);
      expect(found(wanted, ['tool', 'event'])).toEqual(expected);
    }), { numRuns: 300 });
  });

  test('finds an exchange by the part of its id that it holds', () => {
    for (const one of placed.filter(({ record: { space } }) => space === 'default').slice(0, 50)) {
      expect(found({ kind: 'equal', field: 'exchange', values: [one.record.exchange] }, [])).toContain(one.position);
    }
  });
});
