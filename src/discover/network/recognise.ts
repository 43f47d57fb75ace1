import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Answer, Silence } from './ask.ts';

/** What a server says of itself: never a reason to trust it. */
export interface SaysOfItself {
  readonly name?: string;
  readonly version?: string;
}

/** What an answer proves. */
export type Recognised =
  | { readonly era: 'modern' | 'legacy'; readonly revisions: readonly string[]; readonly self: SaysOfItself; readonly session?: string }
  | { readonly era: 'http+sse' };

const REVISION = /^\d{4}-\d{2}-\d{2}$/;
const REVISIONS_MAX = 20;

/** Errors that only a server of revision 2026-07-28 answers with: unsupported version, header mismatch, missing capability. */
const MODERN_ERRORS = new Set([-32_022, -32_020, -32_021]);

/** Judges the answer to `server/discover`. */
export function recogniseModern(answer: Answer | Silence, id: string): Recognised | undefined {
  const message = messageOf(answer, id);
  const result = message?.['result'];
  if (isObject(result)) {
    const revisions = revisionsOf(result['supportedVersions']);
    const meta = isObject(result['_meta']) ? result['_meta']['io.modelcontextprotocol/serverInfo'] : undefined;
    return revisions.length === 0 ? undefined : { era: 'modern', revisions, self: selfOf(meta ?? result['serverInfo']) };
  }
  const error = message?.['error'];
  if (!isObject(error) || typeof error['code'] !== 'number' || !MODERN_ERRORS.has(error['code'])) return undefined;
  const data = error['data'];
  return { era: 'modern', revisions: revisionsOf(isObject(data) ? data['supported'] : undefined), self: {} };
}

/** Judges the answer to `initialize`. */
export function recogniseLegacy(answer: Answer | Silence, id: string): Recognised | undefined {
  const result = messageOf(answer, id)?.['result'];
  if (typeof answer === 'string' || !isObject(result)) return undefined;
  const revision = result['protocolVersion'];
  // A language server answers `initialize` with capabilities, too; it has no revision of MCP.
  if (typeof revision !== 'string' || !REVISION.test(revision) || !isObject(result['capabilities'])) return undefined;
  const session = answer.headers.get('mcp-session-id');
  return { era: 'legacy', revisions: [revision], self: selfOf(result['serverInfo']), ...(session === null ? {} : { session }) };
}

/** Judges a stream: the first event of HTTP+SSE names where messages are posted to. */
export function recogniseStream(answer: Answer | Silence): Recognised | undefined {
  const isEndpoint = typeof answer !== 'string' && answer.event === 'endpoint' && /^(?:\/|https?:)\S*$/.test(answer.text);
  return isEndpoint ? { era: 'http+sse' } : undefined;
}

/** Names of tools that a list holds; undefined for what is no list. */
export function toolNames(answer: Answer | Silence, id: string, most: number): readonly string[] | undefined {
  const result = messageOf(answer, id)?.['result'];
  const tools = isObject(result) ? result['tools'] : undefined;
  if (!isArray(tools)) return undefined;
  return tools.slice(0, most).flatMap((tool) => (isObject(tool) && typeof tool['name'] === 'string' ? [tool['name'].slice(0, 200)] : []));
}

/** The message that answers this very question; some older servers answer errors before they read the id. */
function messageOf(answer: Answer | Silence, id: string): JsonObject | undefined {
  if (typeof answer === 'string' || answer.json?.['jsonrpc'] !== '2.0') return undefined;
  const isError = isObject(answer.json['error']) && (answer.json['id'] === null || answer.json['id'] === undefined);
  return answer.json['id'] === id || isError ? answer.json : undefined;
}

function revisionsOf(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.filter((one) => typeof one === 'string').filter((one) => REVISION.test(one)).slice(0, REVISIONS_MAX) : [];
}

function selfOf(value: Json | undefined): SaysOfItself {
  if (!isObject(value)) return {};
  const { name, version } = value;
  return { ...(typeof name === 'string' ? { name: name.slice(0, 200) } : {}), ...(typeof version === 'string' ? { version: version.slice(0, 100) } : {}) };
}
