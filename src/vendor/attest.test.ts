import { expect, test } from 'bun:test';
import { goodDisclosure } from '../../test/fixtures/good-vendor.ts';
import { dueOf, isAtVendor, standingOf } from './attest.ts';
import { disclosureOfCsv } from './disclosure/csv.ts';
import { readDisclosure } from './disclosure/read.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);
const disclosure = goodDisclosure(NOW);
const attested = { tier: 'standard', disclosure, attestedAt: NOW, events: [] } as const;
const days = (at: number | undefined): number => ((at ?? 0) - NOW) / DAY_MS;

test('a vendor is vouched for anew by its tier, by the first answer that ends, and by what happens', () => {
  expect(days(dueOf({ ...attested, tier: 'critical' }).at)).toBe(182);
  expect(days(dueOf(attested).at)).toBe(365);
  const short = goodDisclosure(NOW, { pkce: { expires: '2026-12-03' } });
  expect(days(dueOf({ ...attested, disclosure: short }).at)).toBe(10);
  const event = { event: 'issuer-changed', at: NOW + DAY_MS } as const;
  expect([days(dueOf({ ...attested, events: [event] }).at), dueOf({ ...attested, events: [event] }).why]).toEqual([8, 'its authorization server is another']);
  // Somebody vouched for it after that.
  expect(days(dueOf({ ...attested, attestedAt: NOW + 2 * DAY_MS, events: [event] }).at)).toBe(365);
  expect(days(dueOf({ ...attested, events: [{ event: 'breach-notice', at: NOW + 1 }] }).at)).toBeCloseTo(0);
});

test('what was never said, or not all, is good at no time', () => {
  expect(standingOf('acme', { tier: 'standard', events: [] }, 7)).toEqual({ id: 'acme', score: 7 });
  expect(dueOf({ ...attested, disclosure: goodDisclosure(NOW, { training: undefined }) }).at).toBeUndefined();
});

test('an address is a vendor\'s by its origin, whatever its path', () => {
  const endpoints = [{ url: 'https://mcp.acme.example/mcp' }];
  expect(isAtVendor('https://mcp.acme.example/other', endpoints)).toBe(true);
  for (const other of ['http://mcp.acme.example/mcp', 'https://mcp.acme.example:8443/mcp', 'https://mcp.acme.example.evil.example/mcp', 'nonsense']) {
    expect(isAtVendor(other, endpoints)).toBe(false);
  }
});

test('a spreadsheet says the same as the file, and what is wrong is told by its line', () => {
  const of = { vendor: 'acme', by: 'Jo', date: '2026-11-23' };
  const text = '\uFEFFQuestion,Value,Evidence,Date,Expires\r\n'
    + 'tools,"search:read:internal; crm:delete all:destroy:restricted","a ""quoted"", word",2026-11-23,2027-11-23\r\n\r\n'
    + 'regions,"eu; us",,2026-11-23,2027-11-23\npkce,S256,,2026-11-23,2027-11-23\nscim,yes,,2026-11-23,2027-11-23\n';
  const { value, complaints, lineOf } = disclosureOfCsv(text, of);
  const read = readDisclosure(value, 'acme', NOW);
  expect([complaints, lineOf.get('regions')]).toEqual([[], 4]);
  expect('disclosure' in read ? read.disclosure.answers : read).toEqual({
    tools: {
      value: [{ name: 'search', effect: 'read', data: 'internal' }, { name: 'crm:delete all', effect: 'destroy', data: 'restricted' }],
      evidence: 'a "quoted", word', date: '2026-11-23', expires: '2027-11-23',
    },
    regions: { value: ['eu', 'us'], date: '2026-11-23', expires: '2027-11-23' }, pkce: { value: 'S256', date: '2026-11-23', expires: '2027-11-23' },
    scim: { value: true, date: '2026-11-23', expires: '2027-11-23' },
  });
  expect(disclosureOfCsv('question,value\n', of).complaints.map(({ line, message }) => [line, message])).toEqual([
    [1, 'must have the column date once'], [1, 'must have the column expires once'],
  ]);
  expect(disclosureOfCsv('question,value,date,expires\npkce,a,b,c\npkce,a,b,c\nno,a,b,c\n', of).complaints.map(({ line }) => line)).toEqual([3, 4]);
});

function told(answer: object): readonly string[] {
  const read = readDisclosure({ ...disclosure, answers: { ...disclosure.answers, pkce: { ...disclosure.answers.pkce, ...answer } } }, 'acme', NOW);
  return 'complaints' in read ? read.complaints.map(({ path }) => path.join('.')) : [];
}

test('answers of tomorrow, for ever, and with what nobody sees in them are refused', () => {
  expect(told({ date: '2026-12-23' })).toEqual(['answers.pkce.date']);
  expect(told({ expires: '2026-11-23' })).toEqual(['answers.pkce.expires']);
  expect(told({ expires: '2036-11-23' })).toEqual(['answers.pkce.expires']);
  expect(told({ evidence: 'see\u202E here' })).toEqual(['answers.pkce.evidence']);
  expect(told({ evidence: 'x'.repeat(3_000) })).toEqual(['answers.pkce.evidence']);
  expect(told({ weight: 100 })).toEqual(['answers.pkce']);
});
