import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { createSsrf } from './ssrf.ts';
import { UNINFORMED } from './surroundings.ts';

const detector = createSsrf({ ...UNINFORMED, privateTargets: new Set(['intranet']) });

function found(url: string, key = 'url'): readonly string[] {
  return rulesOf(detector, { [key]: url }, { name: 'fetch' });
}

test('the machine itself, in every spelling of its address', () => {
  for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST.', 'a.localhost', '127.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1',
      '017700000001', '0',
    '0.0.0.0', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::127.0.0.1]', '[2002:7f00:1::]',
    '127\u30020\u30020\u30021', '１２７.0.0.1',
    '①②⑦.0.0.1', '%31%32%37.0.0.1', 'user:pass@127.0.0.1']) {
    expect({ host, found: found(`http://${host}/x`) }).toEqual({ host, found: ['loopback'] });
  }
});

test('where clouds tell credentials, what no net routes, names of inside, names that lead anywhere, schemes that are no fetch', () => {
  const odd: Readonly<Record<string, string>> = {
    'http://169.254.169.254/latest/meta-data': 'metadata', 'http://2852039166/': 'metadata', 'http://[::ffff:169.254.169.254]/': 'metadata',
    'http://[fd00:ec2::254]/': 'metadata', 'http://metadata.google.internal/': 'metadata', 'http://100.100.100.200/': 'metadata',
    'http://10.1.2.3/': 'private', 'http://192.168.0.1/': 'private', 'http://172.16.0.1:8080/': 'private', 'http://[fc00::1]/': 'private',
    'http://100.64.0.1/': 'private',
    'http://[fe80::1]/': 'private', 'http://169.254.1.1/': 'private', 'http://printer.local/': 'internal-name',
    'http://api.svc.cluster.local/': 'internal-name',
    'http://127.0.0.1.nip.io/': 'rebinding', 'http://x.localtest.me/': 'rebinding', 'gopher://evil.io/_x': 'scheme', 'file:///etc/passwd': 'scheme',
    'dict://a:11211/': 'scheme',
  };
  for (const [url, rule] of Object.entries(odd)) expect({ url, found: found(url) }).toEqual({ url, found: [rule] });
});

test('a host without a scheme, where its name says that it is one; text that speaks of addresses leads nowhere', () => {
  expect(found('169.254.169.254', 'host')).toEqual(['metadata']);
  expect(found('10.0.0.5:6379', 'endpoint')).toEqual(['private']);
  expect(found('::1', 'ip')).toEqual(['loopback']);
  expect(found(Buffer.from('http://169.254.169.254/latest/meta').toString('base64'))).toEqual(['metadata']);
  for (const [url, key] of [['https://example.com/', 'url'], ['http://8.8.8.8/', 'url'], ['https://127.example.com/', 'url'],
      ['https://localhost.example.com/', 'url'],
    ['see http://127.0.0.1:3000 in the docs for how', 'message'], ['10.0.0.5', 'version'], ['1.2.3', 'title'], ['https://[2606:4700::1111]/',
    'url']] as const) {
    expect({ url, found: found(url, key) }).toEqual({ url, found: [] });
  }
  expect(rulesOf(detector, { url: 'http://10.1.2.3/' }, { server: 'intranet' })).toEqual([]);
});
