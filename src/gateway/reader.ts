import { SallyportError, type ErrorCode } from '../domain/errors.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Era } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import { checkPages, pagesNamed } from '../registry/app-pages.ts';
import type { RawSurface } from '../registry/surface.ts';
import { openLegacy, openModern, type Asking, type Conversation } from './conversation.ts';
import type { Gateway } from './gateway.ts';

/**
 * The registry's own MCP client. It has no way to a server but `gateway.handle`, as the workload `sallyport|registry`, so
 * enrolment and refresh are decided and recorded like every call (invariant 1).
 */
export interface Reader {
  /**
   * `known`: the era to read in; undefined = find out which eras the server answers in (enrolment). `onBehalfOf`: whose own
   * upstream credential it reads with. Throws what the path refused with.
   */
  read(space: string, server: string, known: Era | undefined, signal: AbortSignal, onBehalfOf?: Principal): Promise<RawSurface>;
}

/** The workload as which the registry reads, with the server's own credential. */
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

/** Where each list's items are, and the capability that says that a server has such a list. */
const LISTS = {
  'tools/list': { items: 'tools', capability: 'tools' },
  'prompts/list': { items: 'prompts', capability: 'prompts' },
  'resources/templates/list': { items: 'resourceTemplates', capability: 'resources' },
} as const;

export function createReader(gateway: Gateway): Reader {
  return {
    async read(space, server, known, signal, onBehalfOf) {
      const principal = registryPrincipal(space, Date.now());
      const asking: Asking = { gateway, space, server, internal: { principal, onBehalfOf: onBehalfOf ?? principal }, signal };
      const modern = known === 'legacy' ? undefined : await attempt(() => openModern(asking), known === undefined);
      const legacy = known === 'modern' ? undefined : await attempt(() => openLegacy(asking, {}), modern !== undefined);
      const conversation = modern ?? legacy;
      if (conversation === undefined) {
        throw new SallyportError('ERR_UPSTREAM_PROTOCOL', `The server ${server} answers in no revision of MCP that is known here.`);
      }
      try {
        const tools = await listAll(conversation, 'tools/list');
        return {
          revision: conversation.revision,
          eras: [...(modern === undefined ? [] : ['modern' as const]), ...(legacy === undefined ? [] : ['legacy' as const])],
          hello: conversation.hello,
          tools,
          prompts: await listAll(conversation, 'prompts/list'),
          templates: await listAll(conversation, 'resources/templates/list'),
          pages: await readPages(conversation, pagesNamed(tools)),
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
    if (fault instanceof SallyportError && OTHER_ERA.has(fault.code)) return undefined;
    throw fault;
  }
}

/** What a server of the other era answers with. That it can't be reached at all says nothing about eras. */
const OTHER_ERA: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_UPSTREAM_STATUS', 'ERR_UPSTREAM_PROTOCOL', 'ERR_UPSTREAM_SESSION', 'ERR_VERSION_UNSUPPORTED',
]);

/** What a server does not give the registry is no page of it: it is not pinned, and so given to nobody. */
async function readPages(conversation: Conversation, addresses: readonly string[]): Promise<NonNullable<RawSurface['pages']>> {
  const pages: { uri: string; result: JsonObject }[] = [];
  for (const uri of addresses) {
    try {
      pages.push({ uri, result: await conversation.ask('resources/read', { uri }) });
    } catch (fault) {
      if (!(fault instanceof SallyportError) || fault.code !== 'ERR_UPSTREAM_STATUS') throw fault;
    }
    checkPages(pages);
  }
  return pages;
}

/** All pages of a list, if the server says that it has such a thing. */
async function listAll(conversation: Conversation, method: keyof typeof LISTS): Promise<readonly JsonObject[]> {
  const { capabilities } = conversation.hello;
  if (!isObject(capabilities) || capabilities[LISTS[method].capability] === undefined) return [];
  const pages: JsonObject[] = [];
  let items = 0;
  let cursor: string | undefined;
  while (pages.length < LIMITS.surfacePagesMax && items <= LIMITS.surfaceItemsMax) {
    const page = await conversation.ask(method, cursor === undefined ? {} : { cursor });
    const found = page[LISTS[method].items];
    if (!isArray(found)) throw new SallyportError('ERR_UPSTREAM_PROTOCOL', `The answer to ${method} has no list.`);
    pages.push(page);
    items += found.length;
    if (typeof page['nextCursor'] !== 'string') return pages;
    cursor = page['nextCursor'];
  }
  throw new SallyportError('ERR_SURFACE_TOO_LARGE', `The server lists more than ${LIMITS.surfaceItemsMax} items or ${LIMITS.surfacePagesMax} pages.`);
}
