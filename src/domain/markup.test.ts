import { expect, test } from 'bun:test';
import { html, markdown, textOf } from './markup.ts';

test('what strangers wrote is text in HTML: no tag, no attribute, nothing invisible', () => {
  const name = `"><script>alert('x')</script>&\u202e\n`;
  expect(textOf(html`<p title="${name}">${[html`<b>${1}</b>`, html`<i>${name}</i>`]}${undefined}</p>`)).toBe(
    '<p title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\\u{202e} "><b>1</b>'
    + '<i>&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\\u{202e} </i></p>',
  );
});

test('what strangers wrote is text in Markdown: no link, image, heading, list, cell or HTML', () => {
  expect(markdown('[a](http://b.example) ![c](d) <img> | e `f`\n# g')).toBe(
    String.raw`\[a\]\(http\://b.example\) \!\[c\]\(d\) \<img\> \| e ` + '\\`f\\` \\# g',
  );
  expect([markdown('- a'), markdown('1. b'), markdown('www.c.example'), markdown('\u200bd')]).toEqual(
    [String.raw`\- a`, String.raw`1\. b`, String.raw`www\.c.example`, String.raw`\\u\{200b\}d`],
  );
});
