import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Said } from './target.ts';

/** How a server is reached for a scan: by the person who scans, not through the gate. */
export type Reach =
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly cwd?: string };

export interface Asking {
  /** For the whole of it: a slow server holds nobody up. */
  readonly timeoutMs: number;
  /** What we say that we are called. */
  readonly as: string;
}

export const OWN_NAME = 'sallyport-scan';

const LISTS = [
  { key: 'tools', capability: 'tools', ask: (client: Client, signal: AbortSignal) => client.listTools(undefined, { signal }) },
  { key: 'prompts', capability: 'prompts', ask: (client: Client, signal: AbortSignal) => client.listPrompts(undefined, { signal }) },
  { key: 'resourceTemplates', capability: 'resources', ask: (client: Client, signal: AbortSignal) =>
    client.listResourceTemplates(undefined, { signal }) },
] as const;

/**
 * Reads what a server says of itself, every field as it was sent. What hits a limit is told in `incomplete`: what was read by
 * then is scanned all the same. Throws `ERR_UPSTREAM_UNREACHABLE` where nothing was read.
 */
export async function readLive(reach: Reach, { timeoutMs, as }: Asking): Promise<Said> {
  const client = new Client({ name: as, version: '1' }, { versionNegotiation: { mode: 'auto' }, listMaxPages: LIMITS.surfacePagesMax });
  const transport = 'url' in reach
    ? new StreamableHTTPClientTransport(new URL(reach.url), {
      requestInit: { headers: { ...(as === OWN_NAME ? {} : { 'user-agent': as }), ...reach.headers } }, fetch: fetchCounted(LIMITS.responseBytesMax),
    })
    : new StdioClientTransport({ ...reach, args: [...reach.args], env: { ...reach.env }, stderr: 'ignore', maxBufferSize: LIMITS.stdioLineBytesMax });
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new Error(`it took more than ${Math.ceil(timeoutMs / 1_000)} s`)), timeoutMs);
  const ended = new Promise<never>((_, reject) => over.signal.addEventListener('abort', () => reject(reasonOf(over.signal)), { once: true }));
  ended.catch(() => undefined);
  let heard: (() => Said) | undefined;
  try {
    await Promise.race([client.connect(transport, { timeout: timeoutMs }), ended]);
    heard = listen(transport);
    await Promise.race([readLists(client, over.signal), ended]);
    const instructions = client.getInstructions();
    return { ...heard(), ...(instructions === undefined ? {} : { instructions }) };
  } catch (cause) {
    const said = heard?.();
    const why = cause instanceof Error ? cause.message : 'it broke';
    if (said !== undefined && Object.keys(said).length > 0) return { incomplete: `it stopped answering: ${why}`, ...said };
    throw new SallyportError('ERR_UPSTREAM_UNREACHABLE', `the server could not be read: ${why}`, {
      remedy: 'Check the address or the command, and what credential it wants (--header).', cause,
    });
  } finally {
    clearTimeout(timer);
    await client.close().catch(() => undefined);
  }
}

/** The library walks through all pages of a list. */
async function readLists(client: Client, signal: AbortSignal): Promise<void> {
  const capabilities = new Set(Object.keys(client.getServerCapabilities() ?? {}));
  for (const { capability, ask } of LISTS) if (capabilities.has(capability)) await ask(client, signal);
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('it took too long');
}

/** The bodies of one reading, together, have a limit: an answer without an end is cut off. */
function fetchCounted(bytesMax: number): (url: string | URL, init?: RequestInit) => Promise<Response> {
  let bytes = 0;
  return async (url, init) => {
    const response = await fetch(url, { ...init, redirect: 'manual' });
    // What a header says is for the address that was named: it goes to none that its server names.
    if (response.status >= 300 && response.status <= 399) throw new Error('it sends elsewhere: name the address that it sends to');
    if (response.body === null) return response;
    const counted = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > bytesMax) controller.error(new Error(`it sent more than ${bytesMax} bytes`));
        else controller.enqueue(chunk);
      },
    }));
    return new Response(counted, { status: response.status, statusText: response.statusText, headers: response.headers });
  };
}

/** The client library gives definitions without the fields that it does not know: what is scanned is what came over the wire. */
function listen(transport: StreamableHTTPClientTransport | StdioClientTransport): () => Said {
  const lists = new Map<string, readonly Json[]>();
  const cursors = new Map<string, Set<Json>>();
  let [chars, incomplete]: [number, string | undefined] = [0, undefined];
  const inner = transport.onmessage;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's transports have no listeners
  transport.onmessage = (message) => {
    const result = 'result' in message ? plainOf(message.result) : null;
    for (const { key } of LISTS) {
      const items = isObject(result) ? result[key] : undefined;
      if (!isArray(items) || incomplete !== undefined) continue;
      const before = lists.get(key) ?? [];
      chars += JSON.stringify(items).length;
      const { nextCursor } = isObject(result) ? result : {};
      const seen = cursors.get(key) ?? new Set();
      cursors.set(key, seen);
      if (nextCursor !== undefined && seen.has(nextCursor)) incomplete = `its list of ${key} goes in a circle`;
      else if (seen.size >= LIMITS.surfacePagesMax - 1 && nextCursor !== undefined) {
        incomplete = `its list of ${key} has more than ${LIMITS.surfacePagesMax} pages`;
      }
      if (nextCursor !== undefined) seen.add(nextCursor);
      if (chars > LIMITS.responseBytesMax) incomplete = `it says more than ${LIMITS.responseBytesMax} characters of itself`;
      else if (before.length + items.length > LIMITS.surfaceItemsMax) incomplete = `it lists more than ${LIMITS.surfaceItemsMax} ${key}`;
      else lists.set(key, [...before, ...items]);
    }
    inner?.(message);
  };
  return () => ({ ...Object.fromEntries(lists), ...(incomplete === undefined ? {} : { incomplete }) });
}

function plainOf(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value ?? null));
  return json;
}
