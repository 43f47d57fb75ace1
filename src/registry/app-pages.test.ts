import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { checkPages, pagesNamed, pinPage } from './app-pages.ts';
import { digestOfSurface } from './canonical.ts';
import { compareSurfaces } from './drift.ts';
import { readSurface } from './surface.ts';
import { LABELS, tool } from './test-servers.ts';

const URI = 'ui://crm/card';

function pageSaying(change: JsonObject = {}): JsonObject {
  const _meta = { ui: { csp: { connectDomains: ['https://a.example'] } } };
  return { contents: [{ uri: URI, mimeType: 'text/html;profile=mcp-app', text: '<p>card</p>', _meta, ...change }] };
}

function digest(change: JsonObject): string {
  return pinPage(URI, pageSaying(change), 'changing').digest;
}

function surfaceWith(result: JsonObject | undefined): ReturnType<typeof readSurface> {
  const pages = result === undefined ? [] : [{ uri: URI, result }];
  const raw = { revision: '2026-07-28', eras: ['modern'], hello: {}, tools: [{ tools: [tool('card')] }], prompts: [], templates: [], pages } as const;
  return readSurface(raw, { labels: LABELS, tools: {} });
}

describe('pages that tools name', () => {
  test('under the key of today and the one before it, each once', () => {
    const tools = [
      tool('a', { _meta: { ui: { resourceUri: 'ui://a' } } }), tool('b', { _meta: { 'ui/resourceUri': 'ui://b' } }),
      tool('c', { _meta: { ui: { resourceUri: 'ui://c' }, 'ui/resourceUri': 'ui://a' } }), tool('d'),
    ];
    expect(pagesNamed([{ tools }])).toEqual(['ui://a', 'ui://b', 'ui://c']);
  });

  test.each(['https://a.example', 'file:///etc/passwd', 'UI://a', 'ui://a/../b', 'ui://\u200b', 'ui:a'])('%s is no address of one', (resourceUri) => {
    expect(pagesNamed([{ tools: [tool('a', { _meta: { ui: { resourceUri } } })] }])).toEqual([]);
  });

  test('are at most so many, and together so large', () => {
    const tools = Array.from({ length: LIMITS.appPagesMax + 1 }, (_, index) => tool(`t${index}`, { _meta: { ui: { resourceUri: `ui://${index}` } } }));
    expect(() => pagesNamed([{ tools }])).toThrow('is the limit');
    const half = { result: pageSaying({ text: 'x'.repeat(LIMITS.appPagesBytesMax / 2) }) };
    expect(() => checkPages([half])).not.toThrow();
    expect(() => checkPages([half, half])).toThrow('are over');
  });
});

describe('a pinned page', () => {
  const CHANGES: readonly JsonObject[] = [
    { text: '<p>card </p>' }, { mimeType: 'text/html' }, { _meta: {} }, { _meta: { ui: { csp: { connectDomains: ['https://b.example'] } } } },
    { _meta: { ui: { csp: { connectDomains: ['https://a.example'] }, permissions: { camera: {} } } } }, { blob: 'AAAA' }, { uri: 'ui://other' },
  ];
  test.each(CHANGES)('drifts with %j', (change) => {
    const drift = compareSurfaces(surfaceWith(pageSaying()), surfaceWith(pageSaying(change)));
    expect(drift.map(({ kind, name, class: of }) => [kind, name, of])).toEqual([['page', URI, 'effect']]);
  });

  test('comes and goes like any other pin, and counts in the digest of what is approved', () => {
    const [none, one] = [surfaceWith(undefined), surfaceWith(pageSaying())];
    expect([compareSurfaces(none, one)[0]?.class, compareSurfaces(one, none)[0]?.class, compareSurfaces(one, one).length]).toEqual(['added', 'removed', 0]);
    expect(digestOfSurface(none)).not.toBe(digestOfSurface(one));
  });

  test('that may change stays itself whatever its text, and no longer than it declares the same', () => {
    expect(digest({ text: 'other' })).toBe(digest({}));
    for (const change of CHANGES.filter(({ text, blob }) => text === undefined && blob === undefined)) expect(digest(change)).not.toBe(digest({}));
  });
});
