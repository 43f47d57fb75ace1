import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Entry } from './scene.ts';
import type { Speaker, Spoken } from './speak.ts';

/** The tools of an endpoint, read twice. */
export interface ToolList {
  readonly tools: readonly JsonObject[];
  /** The names of the second reading, in its order. */
  readonly again: readonly string[];
  /** Why the list did not end as it should. */
  readonly flaw?: string;
  /** What it says of how long, and for whom, it may be kept. */
  readonly cache: { readonly ttlMs: Json | undefined; readonly scope: Json | undefined };
}

/** Reads the whole list, page by page, in the era that can be spoken. Undefined: there is none. */
export async function listTools(speaker: Speaker, { modern, legacy, token }: Entry): Promise<ToolList | undefined> {
  const ask = async (params: JsonObject): Promise<Spoken | undefined> => {
    if (modern !== undefined) return speaker.modern('tools/list', params, { token });
    return legacy === undefined ? undefined : speaker.legacy('tools/list', params, legacy, { token });
  };
  const first = await readList(ask);
  if (first === undefined) return undefined;
  const again = await readList(ask);
  return { ...first, again: again?.tools.map(nameOf) ?? [] };
}

async function readList(ask: (params: JsonObject) => Promise<Spoken | undefined>): Promise<Omit<ToolList, 'again'> | undefined> {
  const tools: JsonObject[] = [];
  const cursors = new Set<string>();
  let cache: ToolList['cache'] | undefined;
  for (let params: JsonObject = {}; ;) {
    const result = (await ask(params))?.result;
    if (result === undefined || !isArray(result['tools'])) return cache === undefined ? undefined : { tools, cache, flaw: 'a page could not be read' };
    cache ??= { ttlMs: result['ttlMs'], scope: result['cacheScope'] };
    tools.push(...result['tools'].filter((one) => isObject(one)).slice(0, LIMITS.vendorToolsMax - tools.length));
    const cursor = result['nextCursor'];
    if (typeof cursor !== 'string') return { tools, cache };
    if (cursors.has(cursor)) return { tools, cache, flaw: 'a page leads back to one that was read' };
    const isTooLong = cursors.size >= LIMITS.vendorPagesMax || tools.length >= LIMITS.vendorToolsMax;
    if (isTooLong) return { tools, cache, flaw: `it has not ended after ${tools.length} tools` };
    cursors.add(cursor);
    params = { cursor };
  }
}

export function nameOf(tool: JsonObject): string {
  return typeof tool['name'] === 'string' ? tool['name'] : '';
}

/** SHA-256 of the canonical definition (RFC 8785); what cannot be made canonical has the digest of nothing. */
export function digestOfTool(tool: JsonObject): string {
  return `sha256:${createHash('sha256').update(canonical(tool)).digest('hex')}`;
}

/** A definition that is too deep for the writer is a stranger's, and no reason to end. */
function canonical(tool: JsonObject): string {
  try {
    return canonicalize(tool) ?? '';
  } catch {
    return '';
  }
}
