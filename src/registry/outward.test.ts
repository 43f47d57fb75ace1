import { expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { splitName, splitUri } from './names.ts';
import { aggregateParams, aggregateResult } from './outward.ts';

function related(taskId: string): JsonObject {
  return { _meta: { 'io.modelcontextprotocol/related-task': { taskId }, other: 1 } };
}

test('what a client may ask for again carries its server; all else stays', () => {
  const link = { type: 'resource_link', uri: 'crm://contact/1', name: 'n', x: 1 };
  const web = { type: 'resource_link', uri: 'https://x.example/a' };
  const text = { type: 'text', text: 'crm://contact/1', uri: 'crm://2' };
  const embedded = { type: 'resource', resource: { uri: 'crm://contact/2', text: 't' } };
  expect(aggregateResult('crm', { content: [link, web, text, embedded], structuredContent: { uri: 'crm://3' }, isError: false })).toEqual({
    content: [
      { ...link, uri: 'crm://crm__contact/1' },
      web,
      text,
      { type: 'resource', resource: { uri: 'crm://crm__contact/2', text: 't' } },
    ],
    structuredContent: { uri: 'crm://3' },
    isError: false,
  });
  expect(aggregateResult('crm', { contents: [{ uri: 'crm://a', blob: '' }] })).toEqual({ contents: [{ uri: 'crm://crm__a', blob: '' }] });
  expect(aggregateResult('crm', { messages: [{ role: 'user', content: embedded }] })).toHaveProperty('messages.0.content.resource.uri', 'crm://crm__contact/2');
  expect(aggregateResult('crm', { resultType: 'task', taskId: 't', task: { taskId: 'u' } })).toEqual({
    resultType: 'task', taskId: 'crm__t', task: { taskId: 'crm__u' },
  });
  expect(aggregateResult('crm', related('t'))).toEqual(related('crm__t'));
  expect(aggregateParams('crm', { uri: 'crm://a' })).toEqual({ uri: 'crm://crm__a' });
});

test('it is undone by what resolves names', () => {
  expect(splitUri('crm://crm__contact/1')).toEqual({ server: 'crm', uri: 'crm://contact/1' });
  expect(splitName('crm__t__1')).toEqual({ server: 'crm', name: 't__1' });
});

test('a result that names nothing is handed on as it is', () => {
  const result = { tools: [], nextCursor: 'x' };
  expect(aggregateResult('crm', result)).toBe(result);
  const odd = { content: 'text', contents: [null, 1, { uri: 5 }] };
  expect(aggregateResult('crm', odd)).toEqual(odd);
});
