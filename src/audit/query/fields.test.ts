import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELDS, fieldOf, isField } from './fields.ts';
import { parseQuestion } from './parse.ts';

const PAGE = readFileSync(join(import.meta.dir, '../../../docs/audit/query.md'), 'utf8');

test('docs/audit/query.md shows every field with its kind and meaning', () => {
  for (const name of Object.keys(FIELDS).filter(isField)) {
    const { kind, says } = fieldOf(name);
    expect(PAGE).toContain(`| \`${name}\` | ${kind} | ${says} |`);
  }
});

test('what docs/audit/query.md asks for can be asked', () => {
  const questions = [...PAGE.matchAll(/audit query '([^']+)'/g)].map(([, question = '']) => question);
  expect(questions.length).toBeGreaterThan(2);
  for (const question of questions) expect(() => parseQuestion(question, 0)).not.toThrow();
});
