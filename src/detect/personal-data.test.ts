import { expect, test } from 'bun:test';
import { findingsOf, rulesOf } from '../../test/fixtures/looking.ts';
import { createPersonalData } from './personal-data.ts';
import { UNINFORMED } from './surroundings.ts';

const detector = createPersonalData(UNINFORMED);

/** Made up by each country's own check, or of its specification. */
const NUMBERS: Readonly<Record<string, string>> = {
  'us-ssn': 'His number is 536-22-8145.', 'uk-nhs': 'NHS number 943 476 5919', 'uk-nino': 'National Insurance AB 12 34 56 C',
  'de-steuer-id': 'Steuer-ID 86095742719',
  'fr-nir': '2 55 08 14 168 025 38', 'pl-pesel': 'PESEL 44051401359', 'nl-bsn': 'BSN: 111222333', 'be-rrn': '85.07.30-033.28',
  'se-personnummer': 'personnummer 811228-9874', 'br-cpf': '111.444.777-35', 'in-aadhaar': 'Aadhaar 2341 2341 2346', 'ca-sin': 'SIN 130 692 544',
  'ch-ahv': '756.9217.0769.85', 'au-tfn': 'TFN 123 456 782', 'tr-tckn': 'T.C. Kimlik 10000000146', 'cn-rin': '11010519491231002X',
  'it-codice-fiscale': 'RSSMRA85T10A562S', 'es-dni': 'DNI 12345678Z', 'fi-hetu': '131052-308T',
};

test('numbers by which states know people are found by their own check digits', () => {
  for (const [country, text] of Object.entries(NUMBERS)) {
    const [finding] = findingsOf(detector, { text }, { facet: 'result' });
    expect({ country, rule: finding?.rule, seen: finding?.seen, labels: finding?.labels?.categories })
      .toEqual({ country, rule: 'national-id', seen: country, labels: ['pii'] });
  }
  expect(Object.keys(NUMBERS).length).toBeGreaterThanOrEqual(12);
});

test('one digit changed is no such number, and a number that nothing speaks of is a number', () => {
  const altered = ['NHS number 943 476 5918', 'Steuer-ID 86095742718', '2 55 08 14 168 025 39', 'PESEL 44051401358', 'BSN: 111222334', '85.07.30-033.29',
    'personnummer 811228-9873', '111.444.777-34', 'Aadhaar 2341 2341 2345', 'SIN 130 692 543', '756.9217.0769.84', 'RSSMRA85T10A562T', 'DNI 12345678A',
    '131052-308S', '000-22-8145', '666-22-8145'];
  for (const text of altered) expect({ text, rules: rulesOf(detector, { text }, { facet: 'result' }) }).toEqual({ text, rules: [] });
  for (const text of ['order 943476591', 'build 44051401359', '111222333', '1700000000000', '2024-05-01 10:22:33', 'v10.0.19041.1', '192.168.100.200']) {
    expect({ text, rules: rulesOf(detector, { text }, { facet: 'result' }) }).toEqual({ text, rules: [] });
  }
});

test('what hides a number hides it from nobody', () => {
  const said = 'his number is 536-22-8145 today';
  const wide = said.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
  for (const text of [Buffer.from(said).toString('base64'), Buffer.from(said).toString('hex'), wide,
    said.replaceAll('-', '-\u200b'), JSON.stringify({ a: { b: said } }), said.replaceAll('-', '%2D'), said.replaceAll('5', '&#53;')]) {
    expect({ text, rules: rulesOf(detector, { text }, { facet: 'result' }) }).toEqual({ text, rules: ['national-id'] });
  }
});

test('telephone numbers by the numbering plans, e-mail addresses of somebody, names of the directory alone', () => {
  for (const text of ['+44 20 7946 0958', '+1 (202) 555-0143', '+49 30 901820', 'phone: 202-555-0143', '+81-3-1234-5678']) {
    expect({ text, rules: rulesOf(detector, { text }) }).toEqual({ text, rules: ['phone'] });
  }
  for (const text of ['+1 000 000 0000', '12-34-5678', '+5 rows, +17 columns', 'call 2024-10-11', 'tel aviv']) {
    expect({ text, rules: rulesOf(detector, { text }) }).toEqual({ text, rules: [] });
  }
  expect(rulesOf(detector, { text: 'write to ada.lovelace@corp.io' })).toEqual(['email']);
  for (const text of ['git@github.com', 'noreply@corp.io', 'you@example.com', 'logo@2x.png', 'npm i @scope/name@1.2.3', 'user@host']) {
    expect({ text, rules: rulesOf(detector, { text }) }).toEqual({ text, rules: [] });
  }
  const informed = createPersonalData({ ...UNINFORMED, people: new Set(['ada lovelace']) });
  expect(rulesOf(informed, { text: 'Ask Ada Lovelace about it' })).toEqual(['name']);
  expect(rulesOf(informed, { text: 'Ask Ada about it, or Grace Hopper' })).toEqual([]);
  expect(rulesOf(detector, { text: 'Ask Ada Lovelace about it' })).toEqual([]);
});

test('many people at once are more than one by one', () => {
  expect(rulesOf(detector, { text: addresses(24) }, { facet: 'result' })).toEqual(['email']);
  expect(rulesOf(detector, { text: addresses(25) }, { facet: 'result' })).toEqual(['bulk', 'email']);
  expect(rulesOf(detector, { text: 'p1.smith@corp.io\n'.repeat(100) }, { facet: 'result' })).toEqual(['email']);
});

function addresses(count: number): string {
  return Array.from({ length: count }, (_, n) => `p${n}.smith@corp.io`).join('\n');
}
