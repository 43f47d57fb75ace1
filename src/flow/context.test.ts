import { expect, test } from 'bun:test';
import { exchangeOf } from '../../test/fixtures/upstream-exchange.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Labels } from '../domain/server.ts';
import { labelsOf } from './context.ts';

const BASE = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:9', allowPrivate: false });
const INNER: Labels = { confidentiality: 'confidential', categories: ['pii'], integrity: 'trusted' };
const OUTER: Labels = { confidentiality: 'public', categories: ['source'], integrity: 'untrusted' };

function calling(labels: Labels, dispatchers?: Exchange['dispatchers']): Exchange {
  const { call } = BASE;
  return { ...BASE, call: { ...call, resource: { ...call.resource, labels } }, ...(dispatchers === undefined ? {} : { dispatchers }) };
}

test('what a dispatcher brings back carries its own labels and those of what it ran', () => {
  const tool = { kind: 'tool', name: 'run', digest: '', definition: {}, effect: 'execute', confirmed: true, labels: OUTER } as const;
  const dispatcher = { tool, resource: { ...BASE.call.resource, name: 'run', labels: OUTER }, arguments: {} };
  expect(labelsOf(calling(INNER, [dispatcher]))).toEqual({ confidentiality: 'confidential', categories: ['pii', 'source'], integrity: 'untrusted' });
  expect(labelsOf(calling(INNER))).toEqual(INNER);
});

test('what a server says of itself was approved, and carries nothing', () => {
  const { call } = BASE;
  expect(labelsOf({ ...BASE, call: { ...call, action: 'list' } })).toBeUndefined();
});
