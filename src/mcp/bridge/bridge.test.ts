import { expect, test } from 'bun:test';
import type { JsonObject } from '../../domain/json.ts';
import type { ErrorMessage, NotificationMessage, RequestMessage } from '../../domain/message.ts';
import { ENVELOPE } from '../envelope.ts';
import { toLegacyError, toLegacyResult, toModernError, toModernResult } from './answers.ts';
import { inputRequestsOf, inputRequired, inputResponsesOf, legacyParams } from './input.ts';
import { includesLevel, isLogLevel } from './log-levels.ts';
import { progressFor, withProgressToken } from './progress.ts';
import { toLegacyRequest, toModernRequest, withAnswers } from './requests.ts';
import { acknowledged, isWished, onListen, wishesOf } from './wishes.ts';

const LEGACY = '2025-11-25';
const PARAMS = { name: 't', _meta: { progressToken: 'p', x: 1 } };
const call: RequestMessage = { kind: 'request', from: 'client', revision: LEGACY, id: 1, method: 'tools/call', params: PARAMS };
const failed = (code: number): ErrorMessage => ({
  kind: 'error', from: 'server', revision: LEGACY, id: 1, httpStatus: 400, error: { code, message: 'm', data: 1 },
});
const said = (method: string, params?: JsonObject): NotificationMessage => ({
  kind: 'notification', from: 'server', revision: LEGACY, method, ...(params === undefined ? {} : { params }),
});

test('a request loses nothing but the other era\'s framing, there and back', () => {
  const modern = toModernRequest(call, { roots: { listChanged: true }, tasks: {}, elicitation: {} }, { name: 'c' }, 'info');
  const framing = { [ENVELOPE.logLevel]: 'info', [ENVELOPE.clientInfo]: { name: 'c' } };
  expect(modern).toMatchObject({ revision: '2026-07-28', params: { name: 't', _meta: { progressToken: 'p', x: 1, ...framing } } });
  expect(modern.params?.['_meta']).toHaveProperty([ENVELOPE.clientCapabilities], { roots: {}, elicitation: {} });
  expect(toLegacyRequest(withAnswers({ ...modern, parameters: { 'mcp-param-a': '1' } }, { k: {} }, 's'), LEGACY)).toEqual(call);
});

test('answers get what their era must have, and codes that it knows', () => {
  const listed = toModernResult({ tools: [], x: 1 }, 'tools/list', { name: 's' });
  expect(listed).toMatchObject({ tools: [], x: 1, resultType: 'complete', ttlMs: 0, cacheScope: 'private' });
  expect(toModernResult({ content: [] }, 'tools/call', {})).not.toHaveProperty('ttlMs');
  expect(toLegacyResult({ resultType: 'complete', ttlMs: 1, cacheScope: 'public', x: 1 })).toEqual({ x: 1 });
  expect([-32002, -32042, -32602, 7].map((code) => toModernError(failed(code)).error.code)).toEqual([-32602, -32603, -32602, 7]);
  expect([-32020, -32022, -32602, -32000, 7].map((code) => toLegacyError(failed(code)).error.code)).toEqual([-32603, -32603, -32602, -32000, 7]);
  expect(toLegacyError(failed(7)).httpStatus).toBeUndefined();
});

test('a question keeps its words in either era\'s clothes; a URL elicitation is named in the legacy era only', () => {
  const url = { method: 'elicitation/create', params: { mode: 'url', url: 'https://x.example' } };
  expect(legacyParams(url, 'id')).toEqual({ ...url.params, elicitationId: 'id' });
  const result = inputRequired('k', { ...url, params: { ...url.params, elicitationId: 'id' } }, 'state');
  expect(inputRequestsOf(result)).toEqual({ k: url });
  expect(inputRequestsOf({ resultType: 'complete' })).toBeUndefined();
  expect(inputResponsesOf({ inputResponses: { a: { x: 1 }, b: 'no object' } })).toEqual({ a: { x: 1 } });
});

test('log levels are ordered; a level that is not known is not kept back', () => {
  expect(['debug', 'info', 'warning', 'emergency', 'new'].map((level) => includesLevel('info', level))).toEqual([false, true, true, true, true]);
  expect([isLogLevel('notice'), isLogLevel('loud'), isLogLevel(1)]).toEqual([true, false, false]);
});

test('progress is told under the token of the request that waits, and only if it has one', () => {
  const progress = said('notifications/progress', { progressToken: 'wire', progress: 1 });
  expect(withProgressToken(call.params, 'wire')).toEqual({ name: 't', _meta: { progressToken: 'wire', x: 1 } });
  expect(withProgressToken({ name: 't' }, 'wire')).toEqual({ name: 't' });
  expect(progressFor(call.params, progress)?.params).toEqual({ progressToken: 'p', progress: 1 });
  expect(progressFor({}, progress)).toBeUndefined();
});

test('a listen stream carries what was wished for, under its own id', () => {
  const notifications = { toolsListChanged: true, resourceSubscriptions: ['a:1'] };
  const listen: RequestMessage = { ...call, id: 'l', method: 'subscriptions/listen', params: { notifications } };
  const wishes = wishesOf(listen);
  expect(isWished(said('notifications/tools/list_changed'), wishes)).toBe(true);
  expect(isWished(said('notifications/prompts/list_changed'), wishes)).toBe(false);
  expect(isWished(said('notifications/resources/updated', { uri: 'a:1' }), wishes)).toBe(true);
  expect(isWished(said('notifications/resources/updated', { uri: 'a:2' }), wishes)).toBe(false);
  expect(isWished(said('notifications/message'), wishes)).toBe(false);
  expect(onListen(listen, said('notifications/tools/list_changed')).params).toEqual({ _meta: { [ENVELOPE.subscriptionId]: 'l' } });
  expect(acknowledged(listen, wishes)).toMatchObject({ params: { notifications: wishes, _meta: { [ENVELOPE.subscriptionId]: 'l' } } });
});
