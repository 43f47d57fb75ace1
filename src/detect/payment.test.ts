import { expect, test } from 'bun:test';
import { findingsOf, rulesOf } from '../../test/fixtures/looking.ts';
import { detector } from './payment.ts';

test('cards by issuer, length and check digit, where their shape or a word beside them says so', () => {
  for (const text of ['4111 1111 1111 1111', '4111-1111-1111-1111', 'card 5555555555554444', '3782 822463 10005', 'PAN: 6011111111111117',
    'Visa 4222222222222']) {
    expect({ text, rules: rulesOf(detector, { text }) }).toEqual({ text, rules: ['card'] });
  }
  for (const text of ['4111 1111 1111 1112', '4111111111111111', 'card 1234567812345678', 'card 0000 0000 0000 0000', 'id 5555555555554444',
    '9999 9999 9999 9995']) {
    expect({ text, rules: rulesOf(detector, { text }) }).toEqual({ text, rules: [] });
  }
  expect(rulesOf(detector, { card_number: '4111111111111111' })).toEqual(['card']);
  expect(rulesOf(detector, { card_number: JSON.rawJSON('4111111111111111') })).toEqual(['card']);
  const hidden = Buffer.from('pay with 4111 1111 1111 1111').toString('base64');
  expect(findingsOf(detector, { text: `x ${hidden}` })).toMatchObject([{ rule: 'card', labels: { categories: ['pci'] }, spans: [{ start: 2 }] }]);
  expect(rulesOf(detector, { text: '４１１１ １１１１ １１１１ １１１１' })).toEqual(['card']);
});

test('accounts by country, length and check digits', () => {
  for (const text of ['GB29 NWBK 6016 1331 9268 19', 'DE89370400440532013000', 'to fr14 2004 1010 0505 0001 3M02 606 now', 'NO93 8601 1117 947']) {
    expect({ text, rules: rulesOf(detector, { text }) }).toEqual({ text, rules: ['iban'] });
  }
  for (const text of ['GB29 NWBK 6016 1331 9268 18', 'DE8937040044053201300', 'ZZ89370400440532013000', 'AB12 CDEF 3456']) {
    expect({ text, rules: rulesOf(detector, { text }) }).toEqual({ text, rules: [] });
  }
});

test('security codes, and what is none', () => {
  for (const text of ['CVV: 123', '"cvc": "4321"', 'card security code = 987']) expect(rulesOf(detector, { text })).toEqual(['security-code']);
  for (const text of ['section 123', 'CVE-2025-1234', 'cvs 123']) expect({ text, rules: rulesOf(detector, { text }) }).toEqual({ text, rules: [] });
});
