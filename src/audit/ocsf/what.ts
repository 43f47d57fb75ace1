import type { Json, JsonObject } from '../../domain/json.ts';
import type { Labels } from '../../domain/server.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { said } from './who.ts';

/** OCSF's words for what data is; where it has none ours stand beside `Other`. */
const CONFIDENTIALITY = {
  public: [1, 'Not Confidential'], internal: [99, 'internal'], confidential: [2, 'Confidential'], restricted: [6, 'Restricted'],
} as const satisfies Record<Labels['confidentiality'], readonly [number, string]>;
const CATEGORY = {
  pii: [1, 'Personal'], phi: [1, 'Personal'], pci: [3, 'Financial'], secret: [6, 'Security'], source: [4, 'Business'],
} as const satisfies Record<Labels['categories'][number], readonly [number, string]>;

/** One `data_classification` for each category, or one for all where there is no category. */
function classificationsOf(labels: Labels | undefined): readonly JsonObject[] {
  if (labels === undefined) return [];
  const [confidentialityId, confidentiality] = CONFIDENTIALITY[labels.confidentiality];
  const level = { confidentiality_id: confidentialityId, confidentiality };
  if (labels.categories.length === 0) return [level];
  return labels.categories.map((category) => ({ ...level, category_id: CATEGORY[category][0], category: CATEGORY[category][1], uid: category }));
}

/** What was asked of which server. Arguments and results appear as a salted commitment, a size and a shape. */
export function apiOf(record: JournalRecord): JsonObject {
  const { exchange, id, method, action, server, revision, code, reason } = record;
  const content = said({ digest: record.digest, size: record.sizeBytes, shape: record.shape });
  const isAnswer = record.event.startsWith('result.');
  return said({
    operation: method ?? action ?? record.event,
    version: revision,
    service: server === undefined ? undefined : { name: server, uid: server },
    request: said({ uid: exchange === '' ? id : exchange, data: isAnswer ? undefined : content }),
    response: said({ error: code, error_message: reason, data: isAnswer ? content : undefined }),
  });
}

/** What it was done to: the tool (prompt, resource) of a server, or the server. */
export function resourcesOf(record: JournalRecord): readonly JsonObject[] {
  const { server, tool, definition, effect, action, labels } = record;
  if (server === undefined && tool === undefined) return [];
  const classified = { data_classifications: classificationsOf(labels) };
  const tags: Json = effect === undefined ? [] : [{ name: 'effect', value: effect }];
  if (tool === undefined) return [said({ uid: server, name: server, type: 'MCP server', version: definition, tags, ...classified })];
  return [said({ uid: `${server ?? ''}/${tool}`, name: tool, namespace: server, type: kindOf(action), version: definition, tags, ...classified })];
}

function kindOf(action: string | undefined): string {
  if (action === 'get_prompt') return 'MCP prompt';
  return action === 'read_resource' || action === 'subscribe' ? 'MCP resource' : 'MCP tool';
}

/** Profile `ai_operation`: an agent asks, a tool answers. */
export function messageContextOf(record: JournalRecord): JsonObject | undefined {
  const { agent, client, server, exchange, event } = record;
  if (agent === undefined && server === undefined && client === undefined) return undefined;
  const isAnswer = event.startsWith('result.');
  return said({
    uid: exchange,
    ai_role_id: isAnswer ? 3 : 4,
    ai_role: isAnswer ? 'Tool' : 'Agent',
    application: agent === undefined && client === undefined ? undefined : said({ uid: agent, name: client?.name ?? agent, version: client?.version }),
    service: server === undefined ? undefined : { uid: server, name: server },
  });
}

/** Profile `trace`. Our span ends where the record is written. */
export function traceOf({ trace, at, latencyMs = 0, method }: JournalRecord): JsonObject | undefined {
  if (trace === undefined) return undefined;
  const from = Math.round(at - latencyMs);
  return {
    uid: trace.traceId,
    span: said({ uid: trace.spanId, parent_uid: trace.parentId, operation: method, start_time: from, end_time: at, duration: at - from }),
  };
}

/** Where it came in, as far as a record knows of HTTP: the route's path. */
export function httpRequestOf({ route }: JournalRecord): JsonObject | undefined {
  const [, kind, name] = /^(server|toolset):(.+)$/.exec(route ?? '') ?? [];
  return name === undefined ? undefined : { url: { path: kind === 'toolset' ? `/mcp/t/${name}` : `/mcp/${name}` } };
}
