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

const LISTS = [
  { key: 'tools', capability: 'tools', ask: (client: Client, cursor: string | undefined) => client.listTools(at(cursor)) },
  { key: 'prompts', capability: 'prompts', ask: (client: Client, cursor: string | undefined) => client.listPrompts(at(cursor)) },
  { key: 'resourceTemplates', capability: 'resources', ask: (client: Client, cursor: string | undefined) => client.listResourceTemplates(at(cursor)) },
] as const;

function at(cursor: string | undefined): { readonly cursor?: string } | undefined {
  return cursor === undefined ? undefined : { cursor };
}

/** Reads what a server says of itself, every field as it was sent. Throws `ERR_UPSTREAM_UNREACHABLE`, `ERR_SURFACE_TOO_LARGE`. */
export async function readLive(reach: Reach): Promise<Said> {
  const client = new Client({ name: 'sallyport-scan', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const transport = 'url' in reach
    ? new StreamableHTTPClientTransport(new URL(reach.url), { requestInit: { headers: { ...reach.headers } } })
    : new StdioClientTransport({ ...reach, args: [...reach.args], env: { ...reach.env }, stderr: 'ignore' });
  try {
    await client.connect(transport, { timeout: LIMITS.stdioStartMs });
    const heard = listen(transport);
    const capabilities = Object.keys(client.getServerCapabilities() ?? {});
    for (const { capability, ask } of LISTS) {
      let cursor: string | undefined;
      for (let page = 0; capabilities.includes(capability) && page < LIMITS.surfacePagesMax; page += 1) {
        cursor = (await ask(client, cursor)).nextCursor;
        if (cursor === undefined) break;
      }
    }
    const instructions = client.getInstructions();
    return { ...heard(), ...(instructions === undefined ? {} : { instructions }) };
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError('ERR_UPSTREAM_UNREACHABLE', `the server could not be read: ${cause instanceof Error ? cause.message : 'it broke'}`, {
      remedy: 'Check the address or the command, and what credential it wants (--header).', cause,
    });
  } finally {
    await client.close().catch(() => undefined);
  }
}

/** The client library gives definitions without the fields that it does not know: what is scanned is what came over the wire. */
function listen(transport: StreamableHTTPClientTransport | StdioClientTransport): () => Said {
  const lists = new Map<string, Json[]>();
  let chars = 0;
  const inner = transport.onmessage;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's transports have no listeners
  transport.onmessage = (message) => {
    const result = 'result' in message ? plainOf(message.result) : null;
    for (const { key } of LISTS) {
      const items = isObject(result) ? result[key] : undefined;
      if (!isArray(items)) continue;
      chars += JSON.stringify(items).length;
      if (chars > LIMITS.responseBytesMax) continue;
      lists.set(key, [...(lists.get(key) ?? []), ...items]);
    }
    inner?.(message);
  };
  return () => {
    if (chars > LIMITS.responseBytesMax) throw new SallyportError('ERR_SURFACE_TOO_LARGE', 'the server says too much of itself',
      { remedy: 'Have it offer less.' });
    return Object.fromEntries(lists);
  };
}

function plainOf(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value ?? null));
  return json;
}
