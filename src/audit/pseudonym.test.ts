import { expect, test } from 'bun:test';
import { createPseudonyms, isPseudonym } from './pseudonym.ts';

const KEY = new Uint8Array(32).fill(1);
const ANN = 'https://idp.example|ann';
const { of, hide } = createPseudonyms(KEY);

test('a person has one pseudonym at one installation, and another one elsewhere', () => {
  expect(isPseudonym(of(ANN))).toBe(true);
  expect(of(ANN)).toBe(createPseudonyms(KEY).of(ANN));
  expect(of(ANN)).not.toBe(createPseudonyms(new Uint8Array(32).fill(2)).of(ANN));
});

test('nobody is named anywhere in a record: by field, within a text, in a list', () => {
  const record = {
    principal: ANN, principalKind: 'person', agent: 'desk', onBehalfOf: { principal: 'https://idp.example|bob', agent: 'desk' },
    reason: `frozen (exchange 1, ${ANN} with desk)`, detail: { proposer: 'sallyport|eve', approvals: ['https://idp.example|bob'], id: `principal ${ANN}` },
    standing: { credentials: [`https://idp.example|jti-1`], issuedAt: 1 },
  };
  const shown = JSON.stringify(hide(record));
  expect(shown).not.toMatch(/\|(?:ann|bob|eve|jti-1)/);
  expect(shown.split(of(ANN)).length - 1).toBe(3);
  expect(hide(record)['agent']).toBe('desk');
});

test('a subject with spaces or bars in it is hidden whole, also where it is another one\'s record', () => {
  const [carol, dave] = ['https://idp.example|Carol Smith (HR)', 'https://dave.auth0.example/|auth0|5f7c'];
  const shown = hide({ principal: ANN, detail: { approvals: [carol, dave], id: `principal ${dave}` }, reason: `approved by ${dave}` });
  expect(shown).toMatchObject({ detail: { approvals: [of(carol), of(dave)], id: `principal ${of(dave)}` }, reason: `approved by ${of(dave)}` });
});

test('a workload for which another one calls keeps its name, too', () => {
  const onBehalfOf = { principal: 'sallyport|build-bot', principalKind: 'workload', agent: 'ci' };
  expect(hide({ principal: 'sallyport|registry', principalKind: 'workload', onBehalfOf, reason: 'asked by sallyport|build-bot' }))
    .toMatchObject({ onBehalfOf, reason: 'asked by sallyport|build-bot' });
});

test('an agent token\'s person is hidden by the kind of its record; workloads keep their names', () => {
  expect(hide({ principal: 'sallyport|admin', principalKind: 'person' })['principal']).toBe(of('sallyport|admin'));
  expect(hide({ principal: 'sallyport|build-bot', principalKind: 'workload', detail: { by: 'sallyport|build-bot' } })).toEqual(
    { principal: 'sallyport|build-bot', principalKind: 'workload', detail: { by: 'sallyport|build-bot' } },
  );
  expect(hide({ principal: 'sallyport|control', detail: { id: 'vault|default/notes@2' } })).toEqual(
    { principal: 'sallyport|control', detail: { id: 'vault|default/notes@2' } },
  );
});

test('what is hidden already stays as it is', () => expect(hide(hide({ principal: ANN }))).toEqual(hide({ principal: ANN })));
