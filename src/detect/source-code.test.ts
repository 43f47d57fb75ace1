import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { detector } from './source-code.ts';

test('code is told by its lines, whatever is around or over it; prose, lists and data are none', () => {
  const ts = readFileSync(new URL('walk.ts', import.meta.url), 'utf8');
  const python = [
    'import os', 'from x import y', '', 'def run(a, b):', '    if a:', '        return b', '    for c in a:', '        print(c);', '    while b:',
    '        b = f(b);', '    return a',
  ].join('\n');
  for (const text of [ts, python, Buffer.from(ts).toString('base64'), `Here it is:\n\`\`\`\n${ts}\n\`\`\`\nGood luck.`]) {
    expect(rulesOf(detector, { text }, { facet: 'result' })).toEqual(['code']);
  }
  const prose = readFileSync(new URL('../../docs/ARCHITECTURE.md', import.meta.url), 'utf8').split('\n').filter((line) => /^[A-Z]/.test(line)).join('\n');
  for (const text of [prose, 'one\n'.repeat(50), Array.from({ length: 40 }, (_, n) => `${n},Ada,12.5,open`).join('\n'), 'const a = 1;\nconst b = 2;']) {
    expect(rulesOf(detector, { text }, { facet: 'result' })).toEqual([]);
  }
});
