import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { eraOf, REVISIONS } from '../../domain/message.ts';
import type { Era, Revision } from '../../domain/message.ts';
import type { RawSurface } from '../../registry/surface.ts';
import type { Probe, ProbeAnswer } from './probe.ts';

export interface ScanTarget {
  readonly space: string;
  readonly server: string;
  /** The snapshot that the server is in; the gateway answers only once it judges by it. */
  readonly minSnapshotVersion: number;
}

interface Hello {
  readonly revision: Revision;
  readonly eras: readonly Era[];
  readonly result: JsonObject;
}

/**
 * Reads everything a server says about itself, through the gate: `server/discover` (2026-07-28, server/discover) or
 * `initialize` (2025-11-25, basic/lifecycle), then each list that it declares, all pages. Throws `ERR_SURFACE_INVALID`,
 * `ERR_SURFACE_TOO_LARGE`, and what the probe throws.
 */
export async function scanServer(target: ScanTarget, probe: Probe, signal: AbortSignal): Promise<RawSurface> {
  const ask = (method: string, params: JsonObject): Promise<ProbeAnswer> => probe({ ...target, method, params }, signal);
  const hello = await greet(ask);
  const declared = isObject(hello.result['capabilities']) ? hello.result['capabilities'] : {};
  const list = (capability: string, method: string): Promise<readonly JsonObject[]> =>
    (Object.hasOwn(declared, capability) ? readPages(method, ask) : Promise.resolve([]));
  return {
    revision: hello.revision,
    eras: hello.eras,
    hello: hello.result,
    tools: await list('tools', 'tools/list'),
    prompts: await list('prompts', 'prompts/list'),
    templates: await listTemplates(Object.hasOwn(declared, 'resources'), ask),
  };
}

type Ask = (method: string, params: JsonObject) => Promise<ProbeAnswer>;

const LEGACY_NEWEST = '2025-11-25';

/** Both families are asked: a server may speak both, and a caller of a family that it lacks is bridged. */
async function greet(ask: Ask): Promise<Hello> {
  const modern = await ask('server/discover', {});
  const legacy = await ask('initialize', { protocolVersion: LEGACY_NEWEST, capabilities: {}, clientInfo: { name: 'sallyport', version: '1' } });
  if ('result' in modern) {
    const revision = newestOf(modern.result['supportedVersions']) ?? modern.revision;
    const eras: readonly Era[] = 'result' in legacy ? ['legacy', 'modern'] : ['modern'];
    return { revision, eras, result: modern.result };
  }
  if ('result' in legacy) {
    const spoken = REVISIONS.find((revision) => revision === legacy.result['protocolVersion']);
    if (spoken === undefined || eraOf(spoken) !== 'legacy') throw invalid('the server answers initialize with a protocol version that does not exist');
    return { revision: spoken, eras: ['legacy'], result: legacy.result };
  }
  throw invalid(`the server answers neither server/discover (${modern.error.code}) nor initialize (${legacy.error.code})`);
}

function newestOf(versions: unknown): Revision | undefined {
  return Array.isArray(versions) ? REVISIONS.findLast((revision) => versions.includes(revision)) : undefined;
}

async function readPages(method: string, ask: Ask): Promise<readonly JsonObject[]> {
  const pages: JsonObject[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const answer = await ask(method, cursor === undefined ? {} : { cursor });
    if ('error' in answer) throw invalid(`the server declares ${method} and answers it with error ${answer.error.code}`);
    pages.push(answer.result);
    if (pages.length > LIMITS.surfacePagesMax) {
      throw new SallyportError('ERR_SURFACE_TOO_LARGE', `the server answers ${method} in more than ${LIMITS.surfacePagesMax} pages`, { remedy: 'Have it offer less.' });
    }
    const next = answer.result['nextCursor'];
    cursor = typeof next === 'string' ? next : undefined;
    if (cursor !== undefined && seen.has(cursor)) throw invalid(`the server's pages of ${method} run in a circle`);
    if (cursor !== undefined) seen.add(cursor);
  } while (cursor !== undefined);
  return pages;
}

/** Servers with resources need not have templates: an error here (-32601) means none. */
async function listTemplates(declared: boolean, ask: Ask): Promise<readonly JsonObject[]> {
  if (!declared) return [];
  const first = await ask('resources/templates/list', {});
  if ('error' in first && first.error.code === METHOD_NOT_FOUND) return [];
  return readPages('resources/templates/list', ask);
}

const METHOD_NOT_FOUND = -32601;

function invalid(message: string): SallyportError {
  return new SallyportError('ERR_SURFACE_INVALID', message, { remedy: 'Tell the owner of the server; it cannot be enrolled like this.' });
}
