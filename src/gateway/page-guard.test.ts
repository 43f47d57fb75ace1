import { expect, test } from 'bun:test';
import { exchangeOf } from '../../test/fixtures/upstream-exchange.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { JsonObject } from '../domain/json.ts';
import { UNLABELLED } from '../domain/server.ts';
import { approveSurface, readSurface } from '../registry/surface.ts';
import { pageObjection } from './page-guard.ts';

const URI = 'ui://crm/card';
const PAGE = { uri: URI, mimeType: 'text/html;profile=mcp-app', text: '<p>card</p>', _meta: { ui: { csp: { connectDomains: ['https://api.crm.example'] } } } };
const BASE = exchangeOf({ transport: 'http', url: 'https://crm.example/mcp', allowPrivate: false });

function reading(uri: string, pages: 'pinned' | 'changing' = 'pinned'): Exchange {
  const read = [{ uri: URI, result: { contents: [PAGE] } }];
  const said = { revision: '2026-07-28', eras: ['modern'], hello: {}, tools: [], prompts: [], templates: [], pages: read } as const;
  const baseline = approveSurface(readSurface(said, { labels: UNLABELLED, tools: {}, pages }), 'tests', 1);
  const { call, server } = BASE;
  const resource = { ...call.resource, kind: 'resource', name: uri } as const;
  return { ...BASE, server: { ...server, pages, baseline }, call: { ...call, method: 'resources/read', action: 'read_resource', resource } };
}

function objects(contents: readonly JsonObject[], exchange: Exchange): boolean {
  const objection = pageObjection({ kind: 'result', from: 'server', revision: '2026-07-28', id: 1, result: { contents, ttlMs: 7 } }, exchange);
  expect([undefined, 'ERR_PIN_DRIFT']).toContain(objection?.code);
  return objection !== undefined;
}

test('a page is given out as it was approved, whole and alone, or not at all', () => {
  const asked = reading(URI);
  expect(objects([PAGE], asked)).toBe(false);
  const others = [[{ ...PAGE, text: 'x' }], [{ ...PAGE, _meta: {} }], [PAGE, PAGE], [], [{ ...PAGE, uri: 'note://1' }], [{ uri: URI, blob: 'AAAA' }]];
  for (const other of others) expect(objects(other, asked)).toBe(true);
});

test('a page that nobody approved is nobody\'s to read, under whatever address it was asked for', () => {
  expect(objects([{ ...PAGE, uri: 'ui://crm/other' }], reading('ui://crm/other'))).toBe(true);
  for (const uri of ['note://1', 'UI://crm/card', 'ui://crm/card?x']) expect(objects([{ ...PAGE, uri }], reading('note://1'))).toBe(true);
  expect(objects([{ ...PAGE, text: 'x' }], reading('note://1'))).toBe(true);
  expect(objects([{ uri: 'note://1', mimeType: 'text/html; profile="mcp-app"', text: 'x' }], reading('note://1'))).toBe(true);
  expect(objects([{ uri: 'note://1', mimeType: 'text/plain', text: 'x' }], reading('note://1'))).toBe(false);
});

test('a page that may change has the text of the moment, and declares what was approved', () => {
  const asked = reading(URI, 'changing');
  expect([objects([PAGE], asked), objects([{ ...PAGE, text: 'x' }], asked)]).toEqual([false, false]);
  const wider = { ui: { csp: { connectDomains: ['https://api.crm.example', 'https://collector.example'] } } };
  expect([objects([{ ...PAGE, _meta: wider }], asked), objects([{ ...PAGE, mimeType: 'text/plain' }], asked)]).toEqual([true, true]);
});

test('what is declared to be pinned later than it was approved is not what was approved', () => {
  const before = reading(URI, 'changing');
  expect(objects([PAGE], { ...before, server: { ...before.server, pages: 'pinned' } })).toBe(true);
});
