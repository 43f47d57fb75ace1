import { expect, setDefaultTimeout, test } from 'bun:test';
import { z } from 'zod';
import { ROUTES } from '../../src/control/routes.ts';
import type { Route } from '../../src/control/route.ts';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { isArray, isObject, type Json } from '../../src/domain/json.ts';
import { installation, type Installation } from './installation.ts';

setDefaultTimeout(120_000);

/** Where ids come from that no list of the same name has: the path of the list, its member, and what is taken of each. */
const LISTS: Readonly<Record<string, readonly [path: string, member: string, key: string]>> = {
  '/contexts/:key': ['/contexts', 'contexts', 'key'],
  '/flow/:id': ['/contexts', 'contexts', 'key'],
  '/audit/sessions/:context': ['/audit/sessions', 'sessions', 'context'],
  '/audit/exchanges/:id': ['/audit/records', 'records', 'exchange'],
  '/configuration/versions/:number': ['/configuration/versions', 'versions', 'number'],
};

/** What must be asked with something. */
const QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/policies/explain': { exchange: 'EXCHANGE' },
  '/incidents/blast': { server: 'crm' },
  '/file-approvals': { host: 'nowhere', place: 'nobody' },
};

/** What the story has nothing of, or what is no JSON, each with the reason. */
const UNREACHED: Readonly<Record<string, string>> = {
  '/live': 'is a stream of events: src/control/live has its tests',
};

const IDS_MAX = 4;
const ANSWERING = ROUTES.filter(({ method, answer }) => method === 'GET' && answer !== undefined);

test('what routes say that they answer is what they answer, on the story\'s installation', async () => {
  const of = await installation();
  const unasked: string[] = [];
  const wrong: string[] = [];
  for (const route of ANSWERING.filter(({ path }) => UNREACHED[path] === undefined)) {
    const paths = await pathsOf(of, route.path);
    if (paths.length === 0) unasked.push(route.path);
    for (const path of paths) wrong.push(...problemsOf(route, path, await of.client.get(path, await queryOf(of, route.path))));
  }
  expect({ unasked, wrong }).toEqual({ unasked: [], wrong: [] });
  expect(Object.keys(UNREACHED).filter((path) => !ANSWERING.some((route) => route.path === path))).toEqual([]);
});

test('the examples that are published are what their schemas say', () => {
  const wrong = ROUTES.flatMap(({ method, path, answer, body }) => [answer, body].flatMap((schema) => {
    const examples: unknown = schema === undefined ? undefined : z.globalRegistry.get(schema)?.['examples'];
    const bad = (Array.isArray(examples) ? examples : []).filter((example) => schema?.safeParse(example).success === false);
    return bad.map((example) => `${method} ${path}: ${JSON.stringify(example).slice(0, 200)}`);
  }));
  expect(wrong).toEqual([]);
});

function problemsOf({ answer, path: route }: Route, path: string, value: Json): readonly string[] {
  const read = answer?.safeParse(value);
  if (read === undefined || read.success) return [];
  return read.error.issues.slice(0, 3).map((issue) => `GET ${route} (${path}): ${issue.path.join('.')}: ${issue.message}`);
}

/** A route with the ids of what the installation has; none where its list is empty. */
async function pathsOf({ client }: Installation, route: string): Promise<readonly string[]> {
  const [, head = '', rest = ''] = /^(.*?\/:[a-z]+)(.*)$/.exec(route) ?? [];
  if (head === '') return [route];
  if (rest.includes(':')) return [];
  const [list, member, key] = LISTS[head] ?? [head.slice(0, head.indexOf('/:')), undefined, 'id'];
  const answer = await client.get(list);
  const items = objects(member === undefined ? firstList(answer) : part(answer, member));
  const ids = [...new Set(items.map((item) => text(item[key])).filter((id) => id !== ''))].slice(0, IDS_MAX);
  return ids.map((id) => `${head.slice(0, head.indexOf('/:'))}/${encodeURIComponent(id)}${rest}`);
}

function firstList(answer: Json): Json | undefined {
  return isObject(answer) ? Object.values(answer).find((value) => isArray(value)) : undefined;
}

async function queryOf({ client }: Installation, route: string): Promise<Readonly<Record<string, string>>> {
  const asked = QUERIES[route] ?? {};
  if (asked['exchange'] === undefined) return asked;
  const [denied] = objects(part(await client.get('/audit/records', { event: 'call.denied', limit: 1 }), 'records'));
  return { ...asked, exchange: text(denied?.['exchange']) };
}
