import { describe, expect, test } from 'bun:test';
import { ACTIONS } from '../domain/decision.ts';
import { REVISIONS, type Message } from '../domain/message.ts';
import { findInputRequest, findMethod, METHODS } from './methods.ts';

const say = (
  method: string,
  revision: Message['revision'],
  from: Message['from'] = 'client',
  kind: 'request' | 'notification' = 'request',
): Message => (kind === 'request' ? { kind, from, revision, id: 1, method } : { kind, from, revision, method });

describe('the table', () => {
  test('has each method once a direction, in at least one revision, with an action that policy knows', () => {
    expect(new Set(METHODS.map((info) => `${info.from} ${info.method}`)).size).toBe(METHODS.length);
    for (const info of METHODS) {
      expect(info.revisions.length).toBeGreaterThan(0);
      expect(ACTIONS).toContain(info.action);
      if (info.target !== 'server') expect(info.nameIn).toBeDefined();
      if (info.mirrored) expect(info.nameIn).toBeDefined();
    }
  });

  test.each([
    ['2024-11-05', 30],
    ['2025-03-26', 30],
    ['2025-06-18', 31],
    ['2025-11-25', 45],
    ['2026-07-28', 26],
  ] as const)('has all of %s', (revision, count) => {
    expect(METHODS.filter((info) => info.revisions.includes(revision)).length).toBe(count);
  });

  test('what 2026-07-28 removed is unknown there, and what it brought is unknown before', () => {
    for (const method of [
      'initialize',
      'ping',
      'logging/setLevel',
      'resources/subscribe',
      'resources/unsubscribe',
      'tasks/list',
      'tasks/result',
      'transport/stream',
    ]) {
      expect(findMethod(say(method, '2026-07-28'))).toBeUndefined();
      expect(findMethod(say(method, '2025-11-25'))).toBeDefined();
    }
    for (const method of ['server/discover', 'subscriptions/listen', 'tasks/update']) {
      expect(findMethod(say(method, '2026-07-28'))).toBeDefined();
      for (const revision of REVISIONS.slice(0, 4)) expect(findMethod(say(method, revision))).toBeUndefined();
    }
  });

  test('a modern server asks nothing', () => {
    expect(METHODS.filter((info) => info.from === 'server' && info.kind === 'request' && info.revisions.includes('2026-07-28'))).toEqual(
      [],
    );
  });

  test('direction and kind count', () => {
    expect(findMethod(say('sampling/createMessage', '2025-11-25', 'client'))).toBeUndefined();
    expect(findMethod(say('sampling/createMessage', '2025-11-25', 'server'))?.action).toBe('sample');
    expect(findMethod(say('tools/call', '2025-11-25', 'server'))).toBeUndefined();
    expect(findMethod(say('tools/call', '2025-11-25', 'client', 'notification'))).toBeUndefined();
    expect(findMethod(say('notifications/progress', '2025-11-25', 'client', 'request'))).toBeUndefined();
    for (const name of ['constructor', '__proto__', 'toString', '']) expect(findMethod(say(name, '2025-11-25'))).toBeUndefined();
  });

  test('only what a client has can be asked for by an input_required result', () => {
    expect(['elicitation/create', 'sampling/createMessage', 'roots/list'].map((method) => findInputRequest(method)?.action)).toEqual([
      'elicit',
      'sample',
      'roots',
    ]);
    for (const method of ['tools/call', 'ping', 'tasks/get']) expect(findInputRequest(method)).toBeUndefined();
  });
});
