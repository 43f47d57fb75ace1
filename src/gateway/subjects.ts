import type { Facet, Subject } from '../domain/detector.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { TRANSPORT_METHODS, type ErrorMessage, type Message, type NotificationMessage, type RequestMessage } from '../domain/message.ts';

/* What of a message detectors look at: every part that somebody wrote, each once, as what it is. */

type Of = Omit<Subject, 'facet' | 'json' | 'at'>;

/** What a client sends: whatever is in it goes to the server, and all of it is read as arguments are. */
export function subjectsAsked(message: Message, exchange: Exchange): readonly Subject[] {
  const of = itemOf(exchange);
  if (message.kind === 'result' || message.kind === 'error') return [{ facet: 'argument', json: besideOf(message), at: `/${message.kind}`, ...of }];
  const given = message.params?.['arguments'];
  const rest = spokenBy(message);
  return [
    ...(given === undefined ? [] : argumentsOf(given, exchange, of)),
    ...(Object.keys(rest).length === 0 ? [] : [{ facet: 'argument', json: rest, at: '/params', ...of } as const]),
  ];
}

/** What a server sends: the answer itself, and apart from it what it asks in it and the pages that it wants shown. */
export function subjectsAnswered(answer: Message, exchange: Exchange): readonly Subject[] {
  const of = itemOf(exchange);
  if (answer.kind === 'error') {
    return [{ facet: 'error', json: errorIn(answer), at: '/error', ...of }];
  }
  if (answer.kind === 'result') return bodyOf(answer.result, '/result', facetOf(exchange), exchange, of);
  if (answer.params === undefined) return [];
  return bodyOf(spoken(answer.params), '/params', answer.kind === 'request' ? 'question' : 'notice', exchange, of);
}

function errorIn({ error: { message, data } }: ErrorMessage): JsonObject {
  return data === undefined ? { message } : { message, data };
}

const FACETS: Readonly<Partial<Record<Exchange['call']['action'], Facet>>> = {
  get_prompt: 'prompt', read_resource: 'resource', list: 'definition', connect: 'instructions',
};

/** By what was asked; the arguments of a tool and all else that carries data come back as results. */
function facetOf({ call }: Exchange): Facet {
  // A resumed stream may repeat the answer to anything.
  return call.method === TRANSPORT_METHODS.stream ? 'result' : (FACETS[call.action] ?? 'result');
}

function bodyOf(body: JsonObject, at: string, facet: Facet, exchange: Exchange, of: Of): readonly Subject[] {
  const { inputRequests, requestState: _sealed, ...said } = body;
  const kept = facet === 'definition' || facet === 'instructions' ? unpinned(said, exchange) : said;
  const { json, pages } = withoutPages(kept, at);
  return [
    ...(Object.keys(json).length === 0 ? [] : [{ facet, json, at, ...of }]),
    ...(inputRequests === undefined ? [] : [{ facet: 'question', json: inputRequests, at: `${at}/inputRequests`, ...of } as const]),
    ...pages.map((page) => ({ facet: 'interface', ...page, ...of }) as const),
  ];
}

function itemOf({ server, call, tool }: Exchange): Of {
  const { kind, name } = call.resource;
  const definition = tool?.definition ?? (kind === 'prompt' ? server.baseline?.surface.prompts.find((prompt) => prompt.name === name)?.definition : undefined);
  return { server: server.id, name, ...(definition === undefined ? {} : { definition }) };
}

/** Arguments for a dispatcher are no arguments of what it runs; those stand inside, in a place that an administrator named. */
function argumentsOf(given: Json, { call, dispatchers = [] }: Exchange, of: Of): readonly Subject[] {
  const at = '/params/arguments';
  const [outer] = dispatchers;
  if (outer === undefined) return [{ facet: 'argument', json: given, at, ...of }];
  const inside = dispatchers.map(({ tool }) => tool.dispatches?.arguments).filter((name) => name !== undefined);
  const path = inside.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return [
    { facet: 'argument', json: given, at, server: of.server, name: outer.resource.name },
    ...(call.arguments === undefined ? [] : [{ facet: 'argument', json: call.arguments, at: `${at}${path}`, ...of } as const]),
  ];
}

/** What is sealed by us, and so says nothing. */
const SEALED: ReadonlySet<string> = new Set(['requestState', 'taskId']);
/** Members with a meaning of the protocol's own, where they are no longer than that takes. */
const MECHANICAL: ReadonlySet<string> = new Set(['progressToken', 'progress', 'total', 'level', 'protocolVersion', 'requestId', 'name']);
const WORD = /^[\w.:/-]{0,64}$/;
/** A value that is too short for a secret that anybody knows again. */
const SHORT = /^[\w.:/-]{0,15}$/;
const TRACE = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;
const PROTOCOL = 'io.modelcontextprotocol/';
const MECHANICAL_META: ReadonlySet<string> = new Set([
  'progressToken', 'io.sallyport/conversation',
  ...['protocolVersion', 'clientCapabilities', 'clientInfo', 'logLevel', 'subscriptionId'].map((name) => `${PROTOCOL}${name}`),
]);

/** What a client tells a server besides arguments, as far as somebody may have written it. */
export function besideOf(message: Message): JsonObject {
  if (message.kind === 'result') return message.result;
  if (message.kind === 'error') return errorIn(message);
  const { _meta: meta, ...said } = spokenBy(message);
  if (!isObject(meta)) return said;
  // The protocol's own names are nobody's words, wherever they are written as well.
  return { ...said, _meta: Object.fromEntries(Object.entries(meta).map(([name, value]) => [name.replace(PROTOCOL, ''), value])) };
}

function spokenBy(message: RequestMessage | NotificationMessage): JsonObject {
  const { arguments: _given, ...params } = message.params ?? {};
  return spoken(params);
}

/** All of the params that somebody may have written. */
function spoken(params: JsonObject): JsonObject {
  const kept: Record<string, Json> = {};
  for (const [name, value] of Object.entries(params)) {
    const said = name === '_meta' && isObject(value) ? spokenIn(value) : value;
    if (SEALED.has(name) || (MECHANICAL.has(name) && isWord(value, name === 'name' ? WORD : SHORT)) || said === undefined) continue;
    kept[name] = said;
  }
  return kept;
}

function isWord(value: Json, form: RegExp): boolean {
  return typeof value === 'string' ? form.test(value) : typeof value !== 'object';
}

const META_DEPTH_MAX = 3;

/** What of metadata somebody may have written; undefined: nothing. */
function spokenIn(meta: JsonObject): JsonObject | undefined {
  const said = Object.entries(meta).filter(([name, value]) => !(MECHANICAL_META.has(name) && isPlain(value, META_DEPTH_MAX)) && !isTrace(name, value));
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

function isTrace(name: string, value: Json): boolean {
  return name === 'traceparent' && typeof value === 'string' && TRACE.test(value);
}

/** Words all the way down: names and versions of programs, capabilities, trace ids. */
function isPlain(value: Json, depth: number): boolean {
  if (isArray(value)) return depth > 0 && value.every((item) => isPlain(item, depth - 1));
  if (isObject(value)) return depth > 0 && Object.entries(value).every(([name, item]) => SHORT.test(name) && isPlain(item, depth - 1));
  return isWord(value, SHORT);
}

/** Lists and instructions that somebody approved were inspected then, and are what was approved; of others nobody saw anything. */
const PINNED: ReadonlySet<string> = new Set(['tools', 'prompts', 'resourceTemplates', 'instructions']);

function unpinned(said: JsonObject, { server, members }: Exchange): JsonObject {
  if (server.baseline === undefined && members === undefined) return said;
  return Object.fromEntries(Object.entries(said).filter(([name]) => !PINNED.has(name)));
}

interface Page {
  readonly json: Json;
  readonly at: string;
}

/** Pages of MCP Apps (`ui://`, `text/html`), wherever content may hold them: they are no text for a model, but run beside it. */
function withoutPages(body: JsonObject, at: string): { readonly json: JsonObject; readonly pages: readonly Page[] } {
  const pages: Page[] = [];
  const without = (items: Json | undefined, below: string, read: (item: Json) => Json | undefined): Json | undefined => {
    if (!isArray(items) || !items.some((item) => read(item) !== undefined)) return items;
    return items.map((item, index) => {
      const page = read(item);
      if (page === undefined) return item;
      pages.push({ json: page, at: `${below}/${index}${page === item ? '' : '/resource'}` });
      return {};
    });
  };
  const contents = without(body['contents'], `${at}/contents`, pageIn);
  const content = without(body['content'], `${at}/content`, (item) => (isObject(item) ? pageIn(item['resource']) : undefined));
  if (pages.length === 0) return { json: body, pages };
  return { json: { ...body, ...(contents === undefined ? {} : { contents }), ...(content === undefined ? {} : { content }) }, pages };
}

function pageIn(resource: Json | undefined): Json | undefined {
  if (!isObject(resource)) return undefined;
  const { uri, mimeType } = resource;
  const isPage = (typeof uri === 'string' && uri.startsWith('ui://')) || (typeof mimeType === 'string' && mimeType.toLowerCase().startsWith('text/html'));
  return isPage ? resource : undefined;
}
