import { expect, test } from 'bun:test';
import type { JsonObject } from '../../domain/json.ts';
import { findMethod, type MethodInfo } from '../methods.ts';
import { flawOf } from './modern.ts';

function infoOf(method: string): MethodInfo {
  const info = findMethod({ kind: 'request', from: 'client', revision: '2026-07-28', id: 1, method });
  if (info === undefined) throw new Error(method);
  return info;
}

test.each<[string, JsonObject]>([
  ['tools/call', {}],
  ['tools/call', { resultType: 'complete', extra: 1 }],
  ['tools/call', { resultType: 'input_required', requestState: 's' }],
  ['tools/call', { resultType: 'input_required', inputRequests: { a: { method: 'elicitation/create', params: {} } } }],
  ['tools/call', { resultType: 'task', taskId: 't' }],
  ['tools/list', { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }],
  ['tools/list', { tools: [] }],
])('%s may answer %j', (method, result) => {
  expect(flawOf(result, infoOf(method))).toBeUndefined();
});

test.each<[string, JsonObject]>([
  ['tools/call', { resultType: 'other' }],
  ['tools/call', { resultType: null }],
  ['tools/call', { resultType: 'input_required' }],
  ['tools/call', { resultType: 'input_required', requestState: 1 }],
  ['tools/call', { resultType: 'input_required', inputRequests: [] }],
  ['tools/call', { resultType: 'input_required', inputRequests: { a: { method: 'tools/call' } } }],
  ['tools/call', { resultType: 'input_required', inputRequests: { a: 'roots/list' } }],
  ['tools/call', { resultType: 'task' }],
  ['tools/list', { resultType: 'input_required', requestState: 's' }],
  ['prompts/get', { resultType: 'task', taskId: 't' }],
  ['tools/list', { ttlMs: -1 }],
  ['tools/list', { ttlMs: '60' }],
  ['tools/list', { cacheScope: 'shared' }],
])('%s may not answer %j', (method, result) => {
  expect(flawOf(result, infoOf(method))).toBeString();
});
