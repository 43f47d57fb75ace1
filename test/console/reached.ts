import { objects, part, text } from '../../src/cli/json-view.ts';
import { isArray, isObject, type Json } from '../../src/domain/json.ts';
import type { Installation } from './installation.ts';

/** Where ids come from that no list of the same name has: the path of the list, its member, and what is taken of each. */
const LISTS: Readonly<Record<string, readonly [path: string, member: string, key: string]>> = {
  '/contexts/:key': ['/contexts', 'contexts', 'key'],
  '/flow/:id': ['/contexts', 'contexts', 'key'],
  '/audit/sessions/:context': ['/audit/sessions', 'sessions', 'context'],
  '/sessions/:context': ['/audit/sessions', 'sessions', 'context'],
  '/audit/exchanges/:id': ['/audit/records', 'records', 'exchange'],
  '/redteam/:id': ['/redteam/runs', 'runs', 'id'],
  '/log/:exchange': ['/audit/records', 'records', 'exchange'],
  '/inventory/:id': ['/inventory/assets', 'assets', 'id'],
  '/configuration/:number': ['/configuration/versions', 'versions', 'number'],
  '/configuration/versions/:number': ['/configuration/versions', 'versions', 'number'],
};

const IDS_MAX = 4;

/** A route with the ids of what the installation has; none where its list is empty. */
export async function pathsOf({ client }: Installation, route: string): Promise<readonly string[]> {
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
