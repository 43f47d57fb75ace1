import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKS } from './checks.ts';
import { checksOf, PROBE_IDS } from './run.ts';

test('every check is of a probe that runs, and stands in the document with its severity and what must be so', () => {
  const page = readFileSync(join(import.meta.dir, '../../../docs/vendor-probes.md'), 'utf8');
  for (const [id, { severity, passes }] of Object.entries(CHECKS)) expect(page).toContain(`| \`${id}\` | ${severity} | ${passes} |`);
  const run: readonly string[] = PROBE_IDS.flatMap(checksOf);
  expect(run.toSorted()).toEqual(Object.keys(CHECKS).toSorted());
});
