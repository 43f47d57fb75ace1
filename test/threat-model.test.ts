import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROLE_CELLS } from './isolation/matrix.ts';
import { SERVER_CELLS } from './isolation/server-matrix.ts';

const root = join(import.meta.dir, '..');
const page = readFileSync(join(root, 'docs/threat-model.md'), 'utf8');
const CELLS = [...ROLE_CELLS, ...SERVER_CELLS];

/** What a page says wrongly: names of tests that are none, tests that are gone, cells that are not in the matrix, cells that it leaves out. */
function wrongIn(text: string): readonly string[] {
  const [body = '', list = ''] = text.split('## Tests');
  const rows = [...list.matchAll(/^\| `t\/([a-z0-9-]+)` \| \[([^\]]+\.test\.ts)\]\([^)]+\): (.+) \|$/gm)];
  const tests = rows.map(([, name = '', file = '', words = '']) => ({ name, file, words }));
  const named = new Set([...body.matchAll(/`t\/([a-z0-9-]+)`/g)].map(([, name = '']) => name));
  const cells = new Set([...body.matchAll(/`((?:gateway|control|ledger|runner|egress|server)\/[a-z-]+)`/g)].map(([, id = '']) => id));
  const residual = CELLS.filter(({ verdict }) => verdict !== 'impossible');
  return [
    ...[...named].filter((name) => !tests.some((one) => one.name === name)).map((name) => `t/${name} is no test`),
    ...tests.filter(({ name }) => !named.has(name)).map(({ name }) => `t/${name} shows nothing`),
    ...tests.filter(({ file, words }) => !stands(file, words)).map(({ name }) => `t/${name} is gone`),
    ...[...cells].filter((id) => !CELLS.some((cell) => cell.id === id)).map((id) => `${id} is no cell`),
    ...residual.filter(({ id }) => !cells.has(id)).map(({ id }) => `${id} is possible, and nothing says what remains`),
  ];
}

function stands(file: string, words: string): boolean {
  return existsSync(join(root, file)) && readFileSync(join(root, file), 'utf8').includes(words);
}

describe('docs/threat-model.md', () => {
  test('names tests and cells that exist, and every cell that is possible', () => expect(wrongIn(page)).toEqual([]));

  test('a claim whose test is gone, a cell that is none and one that is left out are found', () => {
    const planted = page.replace('t/pins`', 't/never`').replace('what cannot be checked is denied', 'what nobody tests')
      .replaceAll('`gateway/read-vault`', '`gateway/fly`').replaceAll('`control/sign-snapshot`', '');
    const found = wrongIn(planted);
    for (const one of ['t/never is no test', 't/pins is gone', 'gateway/fly is no cell', 'control/sign-snapshot is possible, and nothing says what remains']) {
      expect(found).toContain(one);
    }
  });

  test('every boundary has its six letters, and every attacker what remains', () => {
    const rowsOf = [...page.matchAll(/^\| B\d+ \|(.+)\|$/gm)].map(([, cells = '']) => cells.split('|').map((cell) => cell.trim()));
    const boundaries = rowsOf.filter(({ length }) => length === 6);
    expect(boundaries).toHaveLength(14);
    expect(boundaries.flat().every((cell) => cell !== '')).toBe(true);
    const attackers = page.split('## Attackers')[1]?.split('\n## ')[0] ?? '';
    const rows = attackers.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| tries'));
    expect(rows.length).toBeGreaterThan(65);
    expect(rows.filter((row) => row.split('|').length !== 6 || row.split('|').slice(1, -1).some((cell) => cell.trim() === ''))).toEqual([]);
  });
});
