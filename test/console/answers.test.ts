import { expect, setDefaultTimeout, test } from 'bun:test';
import { z } from 'zod';
import { ROUTES } from '../../src/control/routes.ts';
import type { Route } from '../../src/control/route.ts';
import { objects, part, text } from '../../src/cli/json-view.ts';
import type { Json } from '../../src/domain/json.ts';
import { verifies } from '../e2e/requirements.ts';
import { installation, type Installation } from './installation.ts';
import { pathsOf } from './reached.ts';

setDefaultTimeout(300_000);

/** What must be asked with something. */
const QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/policies/explain': { exchange: 'EXCHANGE' },
  '/configuration/diff': { from: '1' },
  '/incidents/blast': { server: 'crm' },
  '/file-approvals': { host: 'nowhere', place: 'nobody' },
};

/** What the story has nothing of, or what is no JSON, each with the reason. */
const UNREACHED: Readonly<Record<string, string>> = {
  '/reviews/:id/items/:item/suggestion': 'has two ids, and the story no access that could be less',
  '/live': 'is a stream of events: src/control/live has its tests',
};

const ANSWERING = ROUTES.filter(({ method, answer }) => method === 'GET' && answer !== undefined);

test(verifies('console-answers', 'what routes say that they answer is what they answer, on the story\'s installation'), async () => {
  const of = await installation();
  await work(of);
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

/** What the story leaves to whoever looks at it: evidence is held, and a playbook is rehearsed. */
async function work({ client }: Installation): Promise<void> {
  const [incident] = objects(part(await client.get('/incidents'), 'incidents'));
  const [id, reason] = [text(incident?.['id']), 'to be looked at'];
  await client.send('POST', '/containments', { verb: 'legal-hold', scope: { target: 'server', name: 'mail' }, reason, incident: id });
  const [playbook] = objects(part(await client.get('/playbooks'), 'playbooks'));
  await client.send('POST', `/playbooks/${text(playbook?.['id'])}/runs`, { incident: id, mode: 'dry', reason });
}

function problemsOf({ answer, path: route }: Route, path: string, value: Json): readonly string[] {
  const read = answer?.safeParse(value);
  if (read === undefined || read.success) return [];
  return read.error.issues.slice(0, 3).map((issue) => `GET ${route} (${path}): ${issue.path.join('.')}: ${issue.message}`);
}

async function queryOf({ client }: Installation, route: string): Promise<Readonly<Record<string, string>>> {
  const asked = QUERIES[route] ?? {};
  if (asked['exchange'] === undefined) return asked;
  const [denied] = objects(part(await client.get('/audit/records', { event: 'call.denied', limit: 1 }), 'records'));
  return { ...asked, exchange: text(denied?.['exchange']) };
}
