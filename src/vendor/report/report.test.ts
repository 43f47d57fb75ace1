import { expect, test } from 'bun:test';
import { goodDisclosure, goodReport } from '../../../test/fixtures/good-vendor.ts';
import { reportHtml } from './html.ts';
import { reportMarkdown } from './markdown.ts';
import { reportOf, type VendorReport } from './report.ts';

const NOW = Date.UTC(2026, 10, 23);
const HOSTILE = '<img src=x onerror=alert(1)> | [a](http://b.example)\n# c\u202E';

function report(): VendorReport {
  const disclosure = goodDisclosure(NOW, { authentication: { value: 'oauth-2.1' }, training: undefined });
  const probe = goodReport(NOW, { 'stranger-tools': 'fail' }, { auth: 'none', tools: [{ name: HOSTILE, digest: '0' }] });
  return reportOf({
    id: 'acme', name: HOSTILE, owner: HOSTILE, purpose: HOSTILE, tier: 'critical', endpoints: [HOSTILE], servers: ['crm'], data: 'internal',
    contacts: [HOSTILE], at: NOW, standing: { id: 'acme', score: 0, attestedAt: NOW }, events: [{ event: 'breach-notice', at: NOW, note: HOSTILE }],
    attested: { tier: 'critical', disclosure, attestedAt: NOW, events: [{ event: 'breach-notice', at: NOW }] },
    input: { day: NOW, disclosure, probes: [probe], advisories: [], exceptions: [], isBreached: true },
  });
}

test('the page of a vendor needs nothing from anywhere, runs nothing, and shows what others wrote as text', () => {
  const page = reportHtml(report());
  expect(page.match(/<(?:script|img|link|iframe|object|form)\b/g)).toBeNull();
  expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt; | [a](http://b.example) # c\\u{202e}');
  expect([...page.matchAll(/<rect x="230" y="\d+" width="(\d+)"/g)]).toHaveLength(16);
  expect(page).toContain('tools/undisclosed');
  expect(page).toContain('P02 stranger-tools');
});

test('as Markdown it is no link, image, heading, cell or HTML of theirs either', () => {
  const text = reportMarkdown(report());
  expect(text).not.toMatch(/[^\\]<img|[^\\]\[a\]\(/);
  expect(text.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(1);
  for (const row of text.split('\n').filter((line) => line.startsWith('| '))) expect(row.replaceAll('\\|', '').split('|').length).toBeOneOf([5, 8]);
});
