import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { createPaths } from './paths.ts';
import { UNINFORMED } from './surroundings.ts';

const detector = createPaths({ ...UNINFORMED, roots: { files: ['/srv/data', 'C:\\work'] } });

function found(path: string, server = 'files'): readonly string[] {
  return rulesOf(detector, { path }, { server, name: 'read_file' });
}

test('a path is where it leads, not how it is written', () => {
  for (const path of ['/srv/data', '/srv/data/a.txt', '/srv/data/./b//c', '/srv/data/x/../a.txt'.replace('x/../', ''), 'sub/a.txt', 'c:/work/a.txt',
      'file:///srv/data/a', '']) {
    expect({ path, found: found(path) }).toEqual({ path, found: [] });
  }
  for (const path of ['/srv/data-old/a', '/etc/hosts', '/srv', 'D:\\work\\a.txt', '~/notes', '$HOME/notes', 'file:///etc/hosts',
      'file://localhost/etc/hosts']) {
    expect({ path, found: found(path) }).toEqual({ path, found: ['outside-roots'] });
  }
  for (const path of ['../a', '/srv/data/../../etc/hosts', 'a/../../b', '..\\..\\a', 'a/.. /.. /b']) expect(found(path)).toEqual(['outside-roots',
      'traversal']);
  for (const path of ['%2e%2e/%2e%2e/a', '..%252f..%252fa', '..%c0%af..%c0%afa', '\uff0e\uff0e/a', '..\u2215a']) {
    expect({ path, found: found(path) }).toEqual({ path, found: expect.arrayContaining(['encoded', 'outside-roots']) });
  }
});

test('without declared roots nothing is outside them, and what is dangerous anywhere is said everywhere', () => {
  expect(found('/etc/hosts', 'other')).toEqual([]);
  const odd: Readonly<Record<string, string>> = {
    '/srv/data/a.txt\0.png': 'nul', '/srv/data/a%00.png': 'nul', '\\\\host\\share\\a': 'unc', '//host/share': 'unc', '/proc/self/environ': 'device',
    '/dev/tcp/1.2.3.4/80': 'device',
    'C:\\work\\con': 'device', 'a.txt:hidden': 'device', '~/.ssh/id_rsa': 'sensitive', '/home/a/.aws/credentials': 'sensitive', '.env': 'sensitive',
    '/etc/shadow': 'sensitive',
  };
  for (const [path, rule] of Object.entries(odd)) expect({ path, found: found(path, 'other') }).toEqual({ path, found: expect.arrayContaining([rule]) });
  for (const path of ['.env.example', '~/.ssh/known_hosts', 'notes/credentials.txt', 'src/console.ts', '/usr/share/nulls']) {
    expect({ path, found: found(path, 'other') }).toEqual({ path, found: [] });
  }
  expect(rulesOf(detector, { message: 'look into ../a and /etc/shadow, please' }, { server: 'files' })).toEqual([]);
  expect(rulesOf(detector, { path: Buffer.from('../../../../etc/shadow').toString('base64') }, { server: 'other' })).toContain('sensitive');
});
