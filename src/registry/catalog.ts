import type { Resource } from '../domain/decision.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Route } from '../domain/inbound.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Server } from '../domain/server.ts';
import type { PinnedList } from './compiled.ts';
import type { Directory } from './directory.ts';
import { aggregateUri, isPlainUri } from './names.ts';
import { textAt } from './text.ts';

/** Whether a caller may know of an item: not definitely denied, not hidden by drift. */
export type Visible = (resource: Resource) => boolean;

/** Where each list's items are in its result. */
const ITEMS: Readonly<Record<PinnedList, string>> = { tools: 'tools', prompts: 'prompts', templates: 'resourceTemplates' };

/**
 * One page of a list, from what was approved: definitions exactly as they were, under the route's names. `visible` is
 * asked for each item (invariant 7). The cursor holds the last name that the client saw and nothing of what it did not;
 * it is good for this snapshot, route and list only. Throws `ERR_PARAMS_INVALID` for any other, and as `Directory.listing`.
 */
export function catalogPage(directory: Directory, route: Route, list: PinnedList, cursor: Json | undefined, visible: Visible): JsonObject {
  const { entries, places } = directory.listing(route, list);
  const scope = `${directory.version}/${route.space}/${route.kind}/${route.name}/${list}`;
  const page: JsonObject[] = [];
  let last = '';
  let more = false;
  for (let place = startOf(cursor); place < entries.length; place += 1) {
    const entry = entries[place];
    if (!entry || !visible(entry.resource)) continue;
    if (page.length === LIMITS.listPageItems) {
      more = true;
      break;
    }
    page.push(entry.shown);
    last = shownName(entry.shown, list);
  }
  return { [ITEMS[list]]: page, ...(more && { nextCursor: writeCursor(scope, last) }) };

  function startOf(given: Json | undefined): number {
    if (given === undefined) return 0;
    const place = places.get(readCursor(scope, given));
    const entry = place === undefined ? undefined : entries[place];
    if (place === undefined || !entry || !visible(entry.resource)) throw badCursor();
    return place + 1;
  }
}

function shownName(shown: JsonObject, list: PinnedList): string {
  return textAt(shown, list === 'templates' ? 'uriTemplate' : 'name');
}

function writeCursor(scope: string, name: string): string {
  return Buffer.from(JSON.stringify([scope, name])).toString('base64url');
}

function readCursor(scope: string, cursor: Json): string {
  if (typeof cursor !== 'string' || cursor.length > LIMITS.uriLengthMax) throw badCursor();
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const name: unknown = Array.isArray(read) ? read[1] : undefined;
    if (typeof name === 'string' && writeCursor(scope, name) === cursor) return name;
  } catch {
    // Not one of ours: the same answer as for one of another list.
  }
  throw badCursor();
}

function badCursor(): SallyportError {
  return new SallyportError('ERR_PARAMS_INVALID', '"cursor" is not one of this list, or the list has changed', {
    remedy: 'list again from the start, without a cursor',
  });
}

type ServerKey = Pick<Server, 'space' | 'id'>;

/** Lists whose items a server says anew each time: identified by URI, shown only where `visible`. */
const INSTANCES: Readonly<Record<string, string>> = { resources: 'resources', skills: 'skills' };

/**
 * Filters a list that a server answered itself. Instances (`resources`, `skills`) stay if they have a URI and are visible.
 * For a server whose pinned lists differ by user: of what it lists, only what was approved and is visible, as it was
 * approved. Everything else in the result stays, but it is this caller's own now (`cacheScope: private`).
 * A list that we do not know is emptied by throwing `ERR_PARAMS_INVALID`.
 */
export function filterList(directory: Directory, server: ServerKey, list: string, result: JsonObject, visible: Visible): JsonObject {
  const route: Route = { kind: 'server', space: server.space, name: server.id };
  const scope = result['cacheScope'] === undefined ? {} : { cacheScope: 'private' };
  const instances = INSTANCES[list];
  if (instances !== undefined) {
    const kept = itemsOf(result, instances).filter((item) => {
      const uri = item['uri'];
      return typeof uri === 'string' && isPlainUri(uri) && visible(directory.instance(route, uri));
    });
    return { ...result, [instances]: kept, ...scope };
  }
  if (!isPinnedList(list)) throw new SallyportError('ERR_PARAMS_INVALID', 'this list is not known here');
  const { entries, places } = directory.listing(route, list);
  const kept = itemsOf(result, ITEMS[list]).flatMap((item) => {
    const place = places.get(shownName(item, list));
    const entry = place === undefined ? undefined : entries[place];
    return entry && visible(entry.resource) ? [entry.shown] : [];
  });
  return { ...result, [ITEMS[list]]: kept, ...scope };
}

function isPinnedList(list: string): list is PinnedList {
  return Object.hasOwn(ITEMS, list);
}

function itemsOf(result: JsonObject, key: string): readonly JsonObject[] {
  const items = result[key];
  return isArray(items) ? items.filter(isObject) : [];
}

export interface Hello {
  readonly serverInfo: JsonObject;
  readonly capabilities: JsonObject;
  readonly instructions?: string;
}

/**
 * What a server or toolset says of itself in `server/discover` and `initialize`, from what was approved. A toolset joins
 * its members' instructions under their names and has the capabilities that any of them has.
 */
export function catalogHello(directory: Directory, route: Route): Hello {
  const surfaces = directory.membersOf(route).flatMap(({ id, baseline }) => (baseline ? [{ id, surface: baseline.surface }] : []));
  const texts = surfaces.flatMap(({ id, surface }) => {
    const text = surface.instructions?.definition['instructions'];
    return typeof text === 'string' ? [route.kind === 'server' ? text : `## ${id}\n\n${text}`] : [];
  });
  const first = surfaces[0]?.surface.serverInfo;
  return {
    serverInfo: route.kind === 'server' && first ? first : { name: route.name, version: String(directory.version) },
    capabilities: surfaces.map(({ surface }) => surface.capabilities).reduce(joinCapabilities, {}),
    ...(texts.length > 0 && { instructions: texts.join('\n\n') }),
  };
}

function joinCapabilities(a: JsonObject, b: JsonObject): JsonObject {
  return Object.entries(b).reduce<JsonObject>((joined, [key, value]) => {
    const before = Object.hasOwn(joined, key) ? joined[key] : undefined;
    const merged = isObject(before) && isObject(value) ? joinCapabilities(before, value) : before === true ? before : value;
    return { ...joined, [key]: merged };
  }, a);
}

/** The instances of a forwarded list under their addresses on a toolset; those that can have none are left out. */
export function aggregateInstances(server: string, items: readonly JsonObject[]): readonly JsonObject[] {
  return items.flatMap((item) => {
    const uri = typeof item['uri'] === 'string' ? aggregateUri(server, item['uri']) : undefined;
    return uri === undefined ? [] : [{ ...item, uri }];
  });
}
