import { expect, test } from 'bun:test';
import { findingsOf, rulesOf } from '../../test/fixtures/looking.ts';
import { detector } from './health.ts';

test('what somebody suffers from is a record beside who that is, and talk elsewhere', () => {
  const record = 'Patient ID 4471, date of birth 1980-02-01. Diagnosis: asthma. Prescribed insulin.';
  const labels = { categories: ['phi'], confidentiality: 'restricted' };
  expect(findingsOf(detector, { text: record }, { facet: 'result' })).toMatchObject([{ rule: 'record', labels }]);
  for (const text of [Buffer.from(record).toString('base64'),
    'Patientin Nr. 7: Befund Diabetes, Medikament Insulin, Geburtsdatum 1.2.1980', '患者 张三 诊断 HIV']) {
    expect({ text, rules: rulesOf(detector, { text }, { facet: 'result' }) }).toEqual({ text, rules: ['record'] });
  }
  for (const text of ['Asthma and diabetes are common; insulin helps.', `Patient ID 4471.${' '.repeat(700)}Diagnosis: asthma, insulin.`,
    'The patient engineer prescribed a fix.', 'Patient ID 4471 has an appointment on Monday.']) {
    expect({ text, rules: rulesOf(detector, { text }, { facet: 'result' }) }).toEqual({ text, rules: [] });
  }
});
