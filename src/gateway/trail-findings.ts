import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import { isArray, isObject, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';

const PLACES_MAX = 8;
const SCHEMA_DEPTH_MAX = 8;
const OTHER = '*';
const PLAIN = /^\d{0,6}$/;

/** Words of the protocol that places are named by; all others but the pinned schema's own are somebody's text. */
const WORDS: ReadonlySet<string> = new Set([
  'params', 'arguments', 'result', 'error', 'message', 'data', 'content', 'contents', 'structuredContent', 'text', 'blob', 'uri', 'name', 'title',
  'description', 'mimeType', 'resource', 'resources', 'tools', 'prompts', 'resourceTemplates', 'messages', 'role', 'inputRequests', 'inputResponses',
  'requestedSchema', 'properties', 'inputSchema', 'outputSchema', 'instructions', '_meta', 'annotations', 'systemPrompt', 'completion', 'values', 'method',
]);

/** What is on record of an inspection. */
export interface Found {
  readonly findings: readonly Finding[];
  readonly shadow?: readonly Finding[];
}

/** Findings as a record may hold them: no spans, a few places each, and of those only names that the payload could not choose. */
export function recordedFindings({ findings, shadow = [] }: Found, { tool }: Exchange): Pick<JournalRecord, 'findings' | 'shadowFindings'> {
  if (findings.length === 0 && shadow.length === 0) return {};
  const known = tool === undefined ? NONE : namesIn(tool.definition);
  const isPlain = (part: string): boolean => PLAIN.test(part) || WORDS.has(part) || known.has(part);
  const plain = (pointer: string): string => pointer.split('/').map((part) => (isPlain(part) ? part : OTHER)).join('/');
  const told = (some: readonly Finding[]): readonly Finding[] => some.slice(0, LIMITS.findingsPerRecordMax)
    .map(({ spans: _spans, at, ...finding }) => ({ ...finding, at: [...new Set(at.slice(0, PLACES_MAX).map(plain))] }));
  return {
    ...(findings.length === 0 ? {} : { findings: told(findings) }), ...(shadow.length === 0 ? {} : { shadowFindings: told(shadow) }),
  };
}

const NONE: ReadonlySet<string> = new Set();
const names = new WeakMap<object, ReadonlySet<string>>();

/** Every name that a pinned definition gives a property. */
function namesIn(definition: object & Json): ReadonlySet<string> {
  const before = names.get(definition);
  if (before !== undefined) return before;
  const found = new Set<string>();
  const visit = (schema: Json, depth: number): void => {
    if (depth > SCHEMA_DEPTH_MAX) return;
    if (isArray(schema)) schema.forEach((one) => visit(one, depth + 1));
    if (!isObject(schema)) return;
    if (isObject(schema['properties'])) for (const name of Object.keys(schema['properties'])) found.add(name);
    for (const one of Object.values(schema)) visit(one, depth + 1);
  };
  visit(definition, 0);
  names.set(definition, found);
  return found;
}
