import { SallyportError } from '../domain/errors.ts';
import type { Inbound } from '../domain/inbound.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { REVISIONS, type Era, type Message, type Revision } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import type { RawSurface } from '../registry/surface.ts';
import type { Gateway } from './gateway.ts';

/**
 * The registry's own MCP client. It has no way to a server but `gateway.handle`, as the workload `sallyport|registry`, so
 * enrolment and refresh are decided and recorded like every call (invariant 1).
 */
export interface Reader {
  /**
   * `known`: the era to read in; undefined = find out which eras the server answers in (enrolment). `onBehalfOf`: whose
   * upstream credential is used. Throws what the path refused with.
   */
  read(space: string, server: string, onBehalfOf: Principal | undefined, known: Era | undefined, signal: AbortSignal): Promise<RawSurface>;
}

/** The workload as which the registry reads; without a caller it uses the server's own credential. */
export function registryPrincipal(space: string, now: number): Principal {
  return {
    id: REGISTRY_PRINCIPAL_ID,
    kind: 'workload',
    space,
    groups: [],
    agent: REGISTRY_PRINCIPAL_ID,
    actors: [],
    proof: 'mtls',
    tokenAgeMs: 0,
    expiresAt: now + LIMITS.requestTimeoutMs,
    credential: REGISTRY_PRINCIPAL_ID,
  };
}

const MODERN: Revision = '2026-07-28';
const NEWEST_LEGACY: Revision = '2025-11-25';
const CLIENT = { name: 'sallyport-registry', version: '0.1.0' };
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': CLIENT,
};
const LIST_ITEMS = { 'tools/list': 'tools', 'prompts/list': 'prompts', 'resources/templates/list': 'resourceTemplates' } as const;
const CAPABILITY = { 'tools/list': 'tools', 'prompts/list': 'prompts', 'resources/templates/list': 'resources' } as const;
type ListMethod = keyof typeof LIST_ITEMS;

/** One way of asking: the era's framing around a method and its params. */
interface Conversation {
  readonly revision: Revision;
  readonly hello: JsonObject;
  ask(method: string, params: JsonObject): Promise<JsonObject>;
  end(): Promise<void>;
}

export function createReader(gateway: Gateway): Reader {
  return {
    async read(space, server, onBehalfOf, known, signal) {
      const principal = registryPrincipal(space, Date.now());
      const tell = teller(gateway, space, server, { principal, onBehalfOf: onBehalfOf ?? principal }, signal);
      const modern = known === 'legacy' ? undefined : await attempt(() => modernConversation(tell), known === undefined);
      const legacy = known === 'modern' ? undefined : await attempt(() => legacyConversation(tell), modern !== undefined);
      const conversation = modern ?? legacy;
      if (conversation === undefined) throw new SallyportError('ERR_UPSTREAM_PROTOCOL', `The server ${server} answers in no revision of MCP that is known here.`);
      try {
        return {
          revision: conversation.revision,
          eras: [...(modern === undefined ? [] : ['modern' as const]), ...(legacy === undefined ? [] : ['legacy' as const])],
          hello: conversation.hello,
          tools: await listAll(conversation, 'tools/list'),
          prompts: await listAll(conversation, 'prompts/list'),
          templates: await listAll(conversation, 'resources/templates/list'),
        };
      } finally {
        await legacy?.end();
      }
    },
  };
}

/** `optional`: another era is still to be tried, or was answered already; a refusal then means "not in this era". */
async function attempt(open: () => Promise<Conversation>, optional: boolean): Promise<Conversation | undefined> {
  if (!optional) return open();
  try {
    return await open();
  } catch (fault) {
    if (fault instanceof SallyportError && ERA_REFUSALS.has(fault.code)) return undefined;
    throw fault;
  }
}

/** What a server of the other era answers with. That it can't be reached at all is no statement about eras. */
const ERA_REFUSALS: ReadonlySet<string> = new Set(['ERR_UPSTREAM_STATUS', 'ERR_UPSTREAM_PROTOCOL', 'ERR_UPSTREAM_TIMEOUT', 'ERR_UPSTREAM_SESSION']);

type Tell = (body: JsonObject, headers: Readonly<Record<string, string>>) => Promise<Message | undefined>;

function teller(gateway: Gateway, space: string, server: string, internal: NonNullable<Inbound['internal']>, signal: AbortSignal): Tell {
  return async (body, headers) => {
    const inbound: Inbound = {
      route: { kind: 'server', space, name: server },
      httpMethod: headers['method'] === 'DELETE' ? 'DELETE' : 'POST',
      headers: new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }),
      body: headers['method'] === 'DELETE' ? new Uint8Array() : new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', ...body })),
      address: '127.0.0.1',
      receivedAt: Date.now(),
      signal,
      internal,
    };
    let last: Message | undefined;
    for await (const message of gateway.handle(inbound)) last = message;
    return last;
  };
}

function resultOf(message: Message | undefined, method: string): JsonObject {
  if (message?.kind === 'result') return message.result;
  if (message?.kind === 'error') {
    const { data } = message.error;
    const code = isObject(data) && typeof data['code'] === 'string' ? data['code'] : 'ERR_UPSTREAM_STATUS';
    throw new SallyportError(code as 'ERR_UPSTREAM_STATUS', `${method}: ${message.error.message}`);
  }
  throw new SallyportError('ERR_UPSTREAM_PROTOCOL', `The server gave no answer to ${method}.`);
}

async function modernConversation(tell: Tell): Promise<Conversation> {
  let id = 0;
  const ask = async (method: string, params: JsonObject): Promise<JsonObject> => {
    const message = await tell({ id: ++id, method, params: { ...params, _meta: ENVELOPE } }, { 'mcp-protocol-version': MODERN, 'mcp-method': method });
    return resultOf(message, method);
  };
  const hello = await ask('server/discover', {});
  const { supportedVersions } = hello;
  if (!isArray(supportedVersions) || !supportedVersions.includes(MODERN)) {
    throw new SallyportError('ERR_UPSTREAM_PROTOCOL', `The server does not speak ${MODERN}.`);
  }
  return { revision: MODERN, hello, ask, end: async () => undefined };
}

async function legacyConversation(tell: Tell): Promise<Conversation> {
  let id = 0;
  const opened = await tell(
    { id: ++id, method: 'initialize', params: { protocolVersion: NEWEST_LEGACY, capabilities: {}, clientInfo: CLIENT } },
    { 'mcp-protocol-version': NEWEST_LEGACY },
  );
  const hello = resultOf(opened, 'initialize');
  const revision = REVISIONS.find((one) => one === hello['protocolVersion']);
  const session = opened?.kind === 'result' ? opened.session : undefined;
  if (revision === undefined || session === undefined) throw new SallyportError('ERR_UPSTREAM_PROTOCOL', 'The server chose a revision that is not known.');
  const headers = { 'mcp-protocol-version': revision, 'mcp-session-id': session };
  await tell({ method: 'notifications/initialized' }, headers);
  return {
    revision,
    hello,
    ask: async (method, params) => resultOf(await tell({ id: ++id, method, params }, headers), method),
    end: async () => void (await tell({}, { ...headers, method: 'DELETE' })),
  };
}

/** All pages of a list, if the server says that it has such a thing. */
async function listAll(conversation: Conversation, method: ListMethod): Promise<readonly JsonObject[]> {
  const { capabilities } = conversation.hello;
  if (!isObject(capabilities) || capabilities[CAPABILITY[method]] === undefined) return [];
  const pages: JsonObject[] = [];
  let items = 0;
  let cursor: string | undefined;
  while (pages.length < LIMITS.surfacePagesMax && items <= LIMITS.surfaceItemsMax) {
    const page = await conversation.ask(method, cursor === undefined ? {} : { cursor });
    const found = page[LIST_ITEMS[method]];
    if (!isArray(found)) throw new SallyportError('ERR_UPSTREAM_PROTOCOL', `The answer to ${method} has no list.`);
    pages.push(page);
    items += found.length;
    if (typeof page['nextCursor'] !== 'string') return pages;
    cursor = page['nextCursor'];
  }
  throw new SallyportError('ERR_SURFACE_TOO_LARGE', `The server lists more than ${LIMITS.surfaceItemsMax} items or ${LIMITS.surfacePagesMax} pages.`);
}
