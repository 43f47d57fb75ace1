import { expect, test } from 'bun:test';
import { exchangeOf } from '../../../test/fixtures/upstream-exchange.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { isArray, isObject, type JsonObject } from '../../domain/json.ts';
import { UNLABELLED } from '../../domain/server.ts';
import { approveSurface, readSurface } from '../../registry/surface.ts';
import { sanitise } from './sanitise.ts';
import { withoutActive, withoutHidden } from './text.ts';

const tags = (text: string): string => Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
const UNKNOWN = (): boolean => false;

test.each<[string, string, string]>([
  ['tags', `a${tags('do it')}b`, 'ab'],
  ['selector bytes', '😀\u{e0110}\u{e0120}\ufe01x', '😀x'],
  ['direction', 'a\u202ecba\u202c', 'acba'],
  ['width', 'pass\u200bword\ufeff', 'password'],
  ['terminal', 'a\u001b[8mb\u001b]0;title\u0007c\u009b31md', 'abcd'],
  ['a sequence without an end', 'a\u001b]52;c;aGk=', 'a'],
  ['controls', 'a\u0000\u0008b', 'ab'],
])('%s are taken out', (_, text, clean) => {
  expect(withoutHidden(text)).toBe(clean);
});

const WRITTEN = ['Grüße, 你好, नमस्ते, שלום', '👩‍👩‍👧‍👦 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'می‌خواهم', 'line\n\ttabbed\r\n'];
test.each(WRITTEN)('what people write stays as it is: %s', (text) => {
  expect(withoutHidden(text)).toBe(text);
});

test.each<[string, string]>([
  ['![x](https://evil.example/?q=secret)', '(image: x, https evil.example/?q=secret)'],
  ['see [the report](https://evil.example/r "t") now', 'see the report (https evil.example/r) now'],
  ['[x](javascript:alert(1))', 'x (javascript alert(1))'],
  ['[x](data:text/html,hi)', 'x (data text/html,hi)'],
  ['[a]: https://evil.example/x', '[a]: `https evil.example/x`'],
  ['<img src=//evil.example/x>', '&lt;img src=//evil.example/x>'],
  ['<a class=x href="https://evil.example">y</a>', '<a class=x data-href="https://evil.example">y</a>'],
  ['[local](pages/first.html) and [here](#top)', '[local](pages/first.html) and [here](#top)'],
])('of what an untrusted source wrote nothing loads or leads away: %s', (text, clean) => {
  expect(withoutActive(text, UNKNOWN)).toBe(clean);
});

const BASE = exchangeOf({ transport: 'http', url: 'https://crm.example/mcp', allowPrivate: false });

function within(integrity: 'trusted' | 'untrusted'): Exchange {
  const { call } = BASE;
  return { ...BASE, call: { ...call, resource: { ...call.resource, labels: { ...call.resource.labels, integrity } } } };
}

function resultOf(result: JsonObject, exchange: Exchange): ReturnType<typeof sanitise> {
  return sanitise({ kind: 'result', from: 'server', revision: '2026-07-28', id: 1, result }, exchange);
}

test('an answer in which nothing hides is the same object; what was done is told', () => {
  const plain = { content: [{ type: 'text', text: 'all [fine](https://else.example)' }], structuredContent: { a: [1, 'b'] } };
  expect(resultOf(plain, within('trusted'))).toEqual({ message: expect.objectContaining({ result: plain }), sanitised: [] });
  const { message, sanitised } = resultOf({ ...plain, structuredContent: { a: `b${tags('x')}` } }, within('untrusted'));
  expect(message).toMatchObject({ result: { content: [{ text: 'all fine (https else.example)' }], structuredContent: { a: 'b' } } });
  expect([...sanitised].sort()).toEqual(['hidden', 'links']);
  expect(resultOf({ content: [{ type: 'text', text: '[own](https://crm.example/1)' }] }, within('untrusted')).sanitised).toEqual([]);
});

test('errors, too: their texts are read by agents', () => {
  const error = { code: 1, message: `no${tags('x')}`, data: ['a\u202e'] };
  const { message } = sanitise({ kind: 'error', from: 'server', revision: '2026-07-28', id: 1, error }, BASE);
  expect(message).toMatchObject({ error: { message: 'no', data: ['a'] } });
});

test('sampling: what other servers said does not go along, however it is asked for', () => {
  const params = { messages: [], maxTokens: 1, includeContext: 'allServers' };
  const { message, sanitised } = resultOf({ inputRequests: { q: { method: 'sampling/createMessage', params }, e: { method: 'roots/list' } } },
    within('trusted'));
  expect(message).toMatchObject({ result: { inputRequests: { q: { method: 'sampling/createMessage', params: { maxTokens: 1 } },
    e: { method: 'roots/list' } } } });
  expect([JSON.stringify(message).includes('includeContext'), sanitised]).toEqual([false, ['context']]);
  const legacy = sanitise({ kind: 'request', from: 'server', revision: '2025-11-25', id: 1, method: 'sampling/createMessage', params }, BASE);
  expect(legacy).toMatchObject({ message: { params: { maxTokens: 1 } }, sanitised: ['context'] });
  expect(JSON.stringify(legacy.message)).not.toContain('includeContext');
});

/** The same server, which somebody approved with one page. */
function approved(exchange: Exchange, shown: JsonObject): Exchange {
  const uri = typeof shown['uri'] === 'string' ? shown['uri'] : '';
  const pages = [{ uri, result: { contents: [shown] } }];
  const said = { revision: '2026-07-28', eras: ['modern'], hello: {}, tools: [], prompts: [], templates: [], pages } as const;
  return { ...exchange, server: { ...exchange.server, baseline: approveSurface(readSurface(said, { labels: UNLABELLED, tools: {} }), 'tests', 1) } };
}

test('a page of an app gets the policy that it declares, and none wider', () => {
  const wide = ['https://api.crm.example', 'https://x.example; script-src *', '*'];
  const csp = { connectDomains: wide, resourceDomains: ['https://cdn.crm.example'] };
  const page = {
    uri: 'ui://crm/card', mimeType: 'text/html;profile=mcp-app', text: '<p>card</p>',
    _meta: { ui: { csp } },
  };
  const { message, sanitised } = resultOf({ contents: [page] }, approved(within('untrusted'), page));
  const text = JSON.stringify(message);
  expect(sanitised).toEqual(['page']);
  expect(text).toContain('connect-src https://api.crm.example;');
  expect(text).toContain("default-src 'none'; script-src 'unsafe-inline' https://cdn.crm.example;");
  expect(text).not.toContain('x.example');
  expect(text).toContain('<p>card</p>');
});

function pageReaching(domain: string, uri = 'ui://crm/card'): JsonObject {
  return { uri, mimeType: 'text/html;profile=mcp-app', text: '<p>card</p>', _meta: { ui: { csp: { connectDomains: [domain] } } } };
}

test('wherever a page comes, it reaches nothing that was not approved for its address', () => {
  const known = approved(within('trusted'), pageReaching('https://api.crm.example'));
  const shown = (one: JsonObject): string => JSON.stringify(resultOf({ content: [{ type: 'resource', resource: one }] }, known).message);
  expect(shown(pageReaching('https://api.crm.example'))).toContain('connect-src https://api.crm.example;');
  for (const other of [pageReaching('https://collector.example'), pageReaching('https://api.crm.example', 'ui://crm/other')]) {
    expect(shown(other)).toContain("connect-src 'none';");
    expect(shown(other)).toContain('"connectDomains":[]');
  }
  const onToolset = { ...known, route: { kind: 'toolset', space: 'default', name: 'desk' } as const };
  const named = (uri: string): string =>
    JSON.stringify(resultOf({ content: [{ type: 'resource', resource: pageReaching('https://api.crm.example', uri) }] }, onToolset).message);
  expect(named('ui://crm__crm/card')).toContain('connect-src https://api.crm.example;');
  expect(named('ui://crm/card')).toContain("connect-src 'none';");
});

test('a page that comes as bytes, or under an address in capitals, is held to its policy too; a link to one is no page', () => {
  const { text, ...page } = { uri: 'UI://crm/card', mimeType: 'text/html', text: '<p>card</p>' };
  const [head] = sourcesOf({ contents: [{ ...page, text }] });
  expect(head).toMatch(/^<meta http-equiv="Content-Security-Policy" content="default-src 'none'; .*"><p>card<\/p>$/);
  const [bytes] = sourcesOf({ contents: [{ ...page, blob: Buffer.from(text).toString('base64') }] });
  expect(Buffer.from(bytes ?? '', 'base64').toString()).toBe(head ?? '');
  expect(resultOf({ content: [{ type: 'resource_link', uri: page.uri, name: 'card' }] }, within('trusted')).sanitised).toEqual([]);
});

/** The text or bytes of each resource that is given out. */
function sourcesOf(result: JsonObject): readonly string[] {
  const { message } = resultOf(result, within('trusted'));
  const contents = message.kind === 'result' ? message.result['contents'] : undefined;
  return isArray(contents) ? contents.filter(isObject).map(({ text, blob }) => (typeof text === 'string' ? text : JSON.stringify(blob).slice(1, -1))) : [];
}

test('questions: who asks stands in front, and no model is given more tokens than the standing limit', () => {
  const sample = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1_000_000 } };
  const ask = { method: 'elicitation/create', params: { message: 'Your name?', requestedSchema: { type: 'object', properties: {} } } };
  const { message, sanitised } = resultOf({ inputRequests: { s: sample, e: ask } }, within('trusted'));
  const { id } = BASE.server;
  expect(message).toMatchObject({ result: { inputRequests: {
    s: { params: { maxTokens: BASE.snapshot.limits.samplingTokens } }, e: { params: { message: `${id} asks: Your name?` } } } } });
  expect(sanitised).toEqual(['tokens']);
  const legacy = sanitise({ kind: 'request', from: 'server', revision: '2025-11-25', id: 1, ...ask }, BASE);
  expect(legacy).toMatchObject({ message: { params: { message: `${id} asks: Your name?` } }, sanitised: [] });
});
