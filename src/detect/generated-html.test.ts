import { expect, test } from 'bun:test';
import { rulesOf } from '../../test/fixtures/looking.ts';
import { detector } from './generated-html.ts';

const CASES: Readonly<Record<string, readonly string[]>> = {
  '<script>alert(1)</script>': ['script'], '<img src=x onerror=alert(1)>': ['script'], '<svg/onload=alert(1)>': ['script'],
  '<a href="javascript:alert(1)">x</a>': ['script'],
  '<SCRIPT SRC=//evil.io/a.js></SCRIPT>': ['script'], '<iframe src="https://evil.io"></iframe>': ['embeds'],
  '<form action="https://evil.io"><input></form>': ['embeds'],
  '<meta http-equiv="refresh" content="0;url=https://evil.io">': ['embeds'], '<base href="https://evil.io/">': ['embeds'],
  '<p>a <b>bold</b> move, online = true</p>': [], 'if a < b and on error = c': [], '<a href="https://x.io">x</a>': [], '<form action="/search">': [],
  'List<ScriptTag> scripts': [],
};

test('HTML is told by what runs or is brought in where it is shown', () => {
  for (const [body, rules] of Object.entries(CASES)) expect({ body, rules: rulesOf(detector, { body }) }).toEqual({ body, rules });
  for (const body of ['&lt;script&gt;alert(1)&lt;/script&gt;', '%3Cscript%3Ealert(1)%3C/script%3E',
      Buffer.from('<script>alert(1)</script>').toString('base64')]) {
    expect({ body, rules: rulesOf(detector, { body }) }).toEqual({ body, rules: ['script'] });
  }
});
