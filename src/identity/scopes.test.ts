import { expect, test } from 'bun:test';
import type { Action, Resource } from '../domain/decision.ts';
import type { ScopeGrant } from '../domain/issuer.ts';
import type { Effect } from '../domain/server.ts';
import { needsOf, shortfallOf } from './scopes.ts';

const resource = (effect?: Effect, server = 'crm'): Resource => ({
  kind: 'tool', server, name: 'x', toolsets: [], labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' },
  ...(effect === undefined ? {} : { effect }),
});
const grants: readonly ScopeGrant[] = [
  { scope: 'sales', space: 'default', allow: [{ server: 'crm', effects: ['read', 'write'] }, { server: 'mail', effects: '*' }] },
  { scope: 'crm:look', space: 'default', allow: [{ server: 'crm', effects: ['read'] }] },
];
const lacking = (held: readonly string[], action: Action, effect?: Effect, known: readonly ScopeGrant[] = [], server = 'crm'): string | undefined =>
  shortfallOf(held, needsOf([{ action, resource: resource(effect, server) }]), known)?.scope;

test('a call needs its effect on its server; all of the server is enough, and so is a scope of the company\'s own', () => {
  expect(lacking(['crm.read'], 'call_tool', 'read')).toBeUndefined();
  expect(lacking(['crm'], 'call_tool', 'destroy')).toBeUndefined();
  expect(lacking(['sales'], 'call_tool', 'write', grants)).toBeUndefined();
  expect(lacking(['crm.read'], 'call_tool', 'write')).toBe('crm.read crm.write');
  expect(lacking(['sales'], 'call_tool', 'destroy', grants)).toBe('sales crm.destroy');
  expect(lacking(['mail.read'], 'call_tool', 'read')).toBe('mail.read crm.read');
  expect(lacking([], 'call_tool', 'read', grants)).toBe('crm:look');
});

test('prompts, resources and completion are reading; connecting, lists and tasks need no scope', () => {
  for (const action of ['get_prompt', 'read_resource', 'complete', 'subscribe'] as const) expect(lacking([], action)).toBe('crm.read');
  for (const action of ['connect', 'list', 'task', 'notify', 'respond'] as const) expect(lacking([], action)).toBeUndefined();
});

test('a tool of unknown effect needs everything', () => {
  expect(lacking(['crm.read'], 'call_tool')).toContain('crm.transact');
  expect(lacking(['crm'], 'call_tool')).toBeUndefined();
});

test('a server that is named like a scope is not had by it', () => {
  expect(lacking(['crm.read'], 'call_tool', 'destroy', [], 'crm.read')).toBe('crm.read crm.read.destroy');
  expect(lacking(['crm.read.destroy'], 'call_tool', 'destroy', [], 'crm.read')).toBeUndefined();
});

test('a scope of which an administrator said what it means means no more, whatever it is called', () => {
  const own: readonly ScopeGrant[] = [
    { scope: 'crm', space: 'default', allow: [{ server: 'crm', effects: ['read'] }] },
    { scope: 'crm.write', space: 'default', allow: [{ server: 'mail', effects: ['read'] }] },
  ];
  expect(lacking(['crm'], 'call_tool', 'read', own)).toBeUndefined();
  expect(lacking(['crm'], 'call_tool', 'destroy', own)).toBe('crm crm.destroy');
  expect(lacking(['crm.write'], 'call_tool', 'write', own)).toBe('crm.write');
});

test('what every provider gives for signing in opens no server that happens to be called so', () => {
  for (const server of ['openid', 'profile', 'email', 'address', 'phone']) {
    expect(lacking(['openid', 'profile', 'email', 'address', 'phone'], 'call_tool', 'destroy', [], server)).toContain(`${server}.destroy`);
    expect(lacking([`${server}.destroy`], 'call_tool', 'destroy', [], server)).toBeUndefined();
  }
});

test('a call through a dispatcher needs what both need', () => {
  const needs = needsOf([{ action: 'call_tool', resource: resource('read') }, { action: 'call_tool', resource: resource('execute') }]);
  expect(shortfallOf(['crm.read'], needs, [])?.scope).toBe('crm.read crm.execute');
});

test('what is held and is no scope does not get into a header', () => {
  expect(lacking(['a"b', 'crm\\x', 'ok'], 'call_tool', 'read')).toBe('ok crm.read');
});
