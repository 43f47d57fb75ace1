import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { aggregateName, aggregateUri } from './names.ts';

/**
 * What one server answered, with everything that a client may ask for again under its name on a toolset: task ids, and
 * URIs of resources in contents, links and lists. Everything else stays. Undone by `Directory.resolve`.
 */
export function aggregateResult(server: string, result: JsonObject): JsonObject {
  return withEntries(aggregateTask(server, result), {
    content: (items) => mapItems(items, (item) => aggregateBlock(server, item)),
    contents: (items) => mapItems(items, (item) => withUri(server, item)),
    messages: (items) => mapItems(items, (item) => withEntries(item, { content: (content) => aggregateContent(server, content) })),
    resources: (items) => mapItems(items, (item) => withUri(server, item)),
    task: (task) => (isObject(task) ? aggregateTask(server, task) : task),
    tasks: (items) => mapItems(items, (item) => aggregateTask(server, item)),
  });
}

/** Which task a message belongs to (2025-11-25, tasks). */
const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/** The same for the params of a notification: `notifications/resources/updated`, `notifications/tasks`. */
export function aggregateParams(server: string, params: JsonObject): JsonObject {
  return withUri(server, aggregateTask(server, params));
}

function aggregateTask(server: string, json: JsonObject): JsonObject {
  const inner = (task: Json): Json => (isObject(task) ? aggregateTask(server, task) : task);
  return withEntries(json, {
    taskId: (id) => (typeof id === 'string' ? aggregateName(server, id) : id),
    _meta: (meta) => (isObject(meta) ? withEntries(meta, { [RELATED_TASK]: inner }) : meta),
  });
}

function aggregateContent(server: string, content: Json): Json {
  if (isArray(content)) return mapItems(content, (item) => aggregateBlock(server, item));
  return isObject(content) ? aggregateBlock(server, content) : content;
}

/** Links to the web stay: MCP uses `https` only for what the client fetches by itself (2025-11-25, server/resources). */
function aggregateBlock(server: string, block: JsonObject): JsonObject {
  if (block['type'] === 'resource_link') return /^https?:/i.test(textOf(block['uri'])) ? block : withUri(server, block);
  if (block['type'] !== 'resource') return block;
  return withEntries(block, { resource: (resource) => (isObject(resource) ? withUri(server, resource) : resource) });
}

function withUri(server: string, json: JsonObject): JsonObject {
  return withEntries(json, { uri: (uri) => (typeof uri === 'string' ? (aggregateUri(server, uri) ?? uri) : uri) });
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function mapItems(items: Json, map: (item: JsonObject) => JsonObject): Json {
  return isArray(items) ? items.map((item) => (isObject(item) ? map(item) : item)) : items;
}

function withEntries(json: JsonObject, maps: Readonly<Record<string, (value: Json) => Json>>): JsonObject {
  const changed = Object.entries(maps).flatMap(([key, map]) => {
    const value = Object.hasOwn(json, key) ? json[key] : undefined;
    return value === undefined ? [] : [[key, map(value)] as const];
  });
  return changed.length === 0 ? json : { ...json, ...Object.fromEntries(changed) };
}
