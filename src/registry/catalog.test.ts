import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import type { Resource } from '../domain/decision.ts';
import type { Route } from '../domain/inbound.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { aggregateInstances, catalogHello, catalogPage, filterList } from './catalog.ts';
import { buildDirectory } from './directory.ts';
import { textAt } from './text.ts';
import { serverOf, surfaceOf, tool, toolsetOf } from './test-servers.ts';

const COUNT = LIMITS.listPageItems * 2 + 10;
const many = serverOf('many', surfaceOf({ tools: Array.from({ length: COUNT }, (_, index) => tool(`t${index}`)), instructions: 'many tools' }));
const odd = tool('odd', { unknown: { kept: true }, _meta: { ui: { resourceUri: 'ui://form' }, x: 1 } });
const templates = [{ uriTemplate: 'ui://{x}', name: 'a' }, { uriTemplate: '{+any}', name: 'b' }];
const app = serverOf('app', surfaceOf({ tools: [odd], templates, instructions: 'one tool' }));
const toolsets = [
  toolsetOf('both', [
    { server: 'app', tools: '*', prompts: '*', resources: true },
    { server: 'many', tools: ['t1'], prompts: [], resources: false },
  ]),
];
const directory = buildDirectory({ version: 3, servers: [many, app], toolsets });

const on = (name: string): Route => ({ kind: 'server', space: 'default', name });
const both: Route = { kind: 'toolset', space: 'default', name: 'both' };
const all = (): boolean => true;

function place({ name }: Resource): number {
  return Number(name.slice(1));
}

function inFirstPage(resource: Resource): boolean {
  return place(resource) < LIMITS.listPageItems;
}

function names(result: JsonObject): readonly string[] {
  const tools = result['tools'];
  return isArray(tools) ? tools.filter(isObject).map((item) => textAt(item, 'name')) : [];
}

function walk(visible: (resource: Resource) => boolean): readonly JsonObject[] {
  const pages: JsonObject[] = [];
  let cursor: Json | undefined;
  do {
    const page: JsonObject = catalogPage(directory, on('many'), 'tools', cursor, visible);
    pages.push(page);
    cursor = page['nextCursor'];
  } while (cursor !== undefined);
  return pages;
}

describe('pages', () => {
  test('every visible item comes once, in the approved order, in full pages', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.nat(6), (every, rest) => {
        const chosen = (index: number): boolean => index % every === rest % every;
        const pages = walk((resource) => chosen(place(resource)));
        expect(pages.flatMap(names)).toEqual(Array.from({ length: COUNT }, (_, index) => index).filter(chosen).map((index) => `t${index}`));
        expect(pages.slice(0, -1).every((page) => names(page).length === LIMITS.listPageItems)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('hidden items leave no trace: no further page for their sake, no place for them in a cursor', () => {
    expect(catalogPage(directory, on('many'), 'tools', undefined, inFirstPage)['nextCursor']).toBeUndefined();
  });

  test('a cursor is good for its snapshot, route, list and what its caller may see only', () => {
    const cursor = catalogPage(directory, on('many'), 'tools', undefined, all)['nextCursor'];
    const later = buildDirectory({ version: 4, servers: [many, app], toolsets });
    const bad: (() => unknown)[] = [
      () => catalogPage(later, on('many'), 'tools', cursor, all),
      () => catalogPage(directory, on('app'), 'tools', cursor, all),
      () => catalogPage(directory, on('many'), 'prompts', cursor, all),
      () => catalogPage(directory, on('many'), 'tools', cursor, ({ name }) => name !== `t${LIMITS.listPageItems - 1}`),
      () => catalogPage(directory, on('many'), 'tools', 'AAAA', all),
      () => catalogPage(directory, on('many'), 'tools', '', all),
      () => catalogPage(directory, on('many'), 'tools', 5, all),
      () => catalogPage(directory, on('many'), 'tools', null, all),
    ];
    for (const run of bad) expect(run).toThrow('cursor');
  });

  test('definitions come exactly as approved; on a toolset only the names and addresses change', () => {
    expect(catalogPage(directory, on('app'), 'tools', undefined, all)).toEqual({ tools: [odd] });
    const shown = catalogPage(directory, both, 'tools', undefined, all)['tools'];
    const renamed = { ...odd, name: 'app__odd', _meta: { ui: { resourceUri: 'ui://app__form' }, x: 1 } };
    expect(shown).toEqual([renamed, { ...tool('t1'), name: 'many__t1' }]);
    const shownTemplates = catalogPage(directory, both, 'templates', undefined, all);
    expect(shownTemplates).toEqual({ resourceTemplates: [{ uriTemplate: 'ui://app__{x}', name: 'a' }] });
  });

  test('policy is asked about the canonical resource on every route', () => {
    const asked: Resource[] = [];
    catalogPage(directory, both, 'tools', undefined, (resource) => asked.push(resource) > 0);
    expect(asked.map(({ server, name }) => `${server} ${name}`)).toEqual(['app odd', 'many t1']);
  });
});

describe('filterList', () => {
  test('instances: only visible ones with a plain URI stay, the rest of the result is kept and becomes private', () => {
    const resources = [{ uri: 'a://1', x: 1 }, { uri: 'a://2' }, { uri: 'a://../3' }, { name: 'none' }, 7];
    const result = { resources, nextCursor: 'n', cacheScope: 'public' };
    const filtered = filterList(directory, app, 'resources', result, ({ name }) => name !== 'a://2');
    expect(filtered).toEqual({ resources: [{ uri: 'a://1', x: 1 }], nextCursor: 'n', cacheScope: 'private' });
  });

  test('pinned lists that differ by user: what was approved, of what this user sees, as approved', () => {
    const result = { tools: [tool('t1', { description: 'changed' }), tool('new')] };
    expect(filterList(directory, many, 'tools', result, all)).toEqual({ tools: [tool('t1')] });
    expect(filterList(directory, many, 'tools', result, () => false)).toEqual({ tools: [] });
  });

  test('an unknown list is refused', () => {
    expect(() => filterList(directory, many, 'secrets', { secrets: [1] }, all)).toThrow('not known');
  });
});

test('a server says of itself what was approved; a toolset joins its members', () => {
  const serverInfo = { name: 'x', version: '1' };
  expect(catalogHello(directory, on('many'))).toEqual({ serverInfo, capabilities: { tools: {} }, instructions: 'many tools' });
  expect(catalogHello(directory, both).instructions).toBe('## app\n\none tool\n\n## many\n\nmany tools');
  expect(aggregateInstances('app', [{ uri: 'ui://form', n: 1 }, { uri: 'Odd' }])).toEqual([{ uri: 'ui://app__form', n: 1 }]);
});
