import { expect, test } from 'bun:test';
import { audienceOf } from '../identity/metadata.ts';
import { createDoors, routeOf } from './doors.ts';

const headers = (host: string, origin?: string): Headers => new Headers({ host, ...(origin === undefined ? {} : { origin }) });

test('DNS rebinding: only the gate\'s own names are answered under, on loopback too', () => {
  const doors = createDoors('https://gate.corp.example', true);
  for (const host of ['gate.corp.example', 'localhost:7443', '127.0.0.1', '[::1]:80', 'LOCALHOST']) expect(() => doors.check(headers(host), [])).not.toThrow();
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', 'localhost@evil.example', 'gate.corp.example,evil.example', '']) {
    expect(() => doors.check(headers(host), [])).toThrow(expect.objectContaining({ code: 'ERR_HOST_FORBIDDEN' }));
  }
  expect(() => doors.check(new Headers(), [])).toThrow(expect.objectContaining({ code: 'ERR_HOST_FORBIDDEN' }));
});

test('beyond loopback, loopback names are not ours', () => {
  const doors = createDoors('https://gate.corp.example', false);
  expect(() => doors.check(headers('localhost'), [])).toThrow(expect.objectContaining({ code: 'ERR_HOST_FORBIDDEN' }));
});

test('a browser\'s origin must be allowed; no origin is no browser', () => {
  const doors = createDoors('https://gate.corp.example', false);
  const check = (origin: string) => (): void => doors.check(headers('gate.corp.example', origin), ['https://app.corp.example']);
  for (const origin of ['https://gate.corp.example', 'https://app.corp.example']) expect(check(origin)).not.toThrow();
  for (const origin of ['https://evil.example', 'http://gate.corp.example', 'null', '', 'https://app.corp.example.evil.example', 'http://localhost']) {
    expect(check(origin)).toThrow(expect.objectContaining({ code: 'ERR_ORIGIN_FORBIDDEN' }));
  }
});

test('routes have one form each; everything else is nothing', () => {
  expect(routeOf('/mcp/crm')).toEqual({ kind: 'server', space: 'default', name: 'crm' });
  expect(routeOf('/mcp/t/sales')).toEqual({ kind: 'toolset', space: 'default', name: 'sales' });
  expect(routeOf('/s/team-a/mcp/crm')).toEqual({ kind: 'server', space: 'team-a', name: 'crm' });
  const nowhere = [
    '/mcp', '/mcp/', '/mcp/crm/', '//mcp/crm', '/mcp/../crm', '/mcp/%2e%2e', '/mcp/t/', '/mcp/a/b', '/s//mcp/crm', '/S/x/mcp/crm', '/mcp/crm%00',
  ];
  for (const path of nowhere) {
    expect(routeOf(path)).toBeUndefined();
  }
});

test('audiences name routes as tokens do', () => {
  expect(audienceOf({ kind: 'server', name: 'crm' })).toBe('/mcp/crm');
  expect(audienceOf({ kind: 'toolset', name: 'sales' })).toBe('/mcp/t/sales');
});
