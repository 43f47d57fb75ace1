import type { Exchange } from '../../domain/exchange.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Message } from '../../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../../domain/principal.ts';
import { declaredIn } from '../../registry/app-pages.ts';
import { pinnedPageShown } from '../page-guard.ts';
import { holdToCsp } from './app-page.ts';
import { safeQuestions } from './questions.ts';
import { withoutActive, withoutHidden, type Cleaned } from './text.ts';

/** An answer as it may be given out, and what was done to it. */
export interface Sanitised {
  readonly message: Message;
  readonly sanitised: readonly Cleaned[];
}

/**
 * Takes out of an answer what hides in it; of what an untrusted source wrote, nothing loads or leads anywhere unknown by itself.
 * Pages of MCP Apps are held to the domains that they declare and that were approved. What was found stays on record; what is left is what was there.
 */
export function sanitise(message: Message, exchange: Exchange): Sanitised {
  if (exchange.principal.id === REGISTRY_PRINCIPAL_ID) return { message, sanitised: [] };
  const done = new Set<Cleaned>();
  const clean = (text: string): string => noting(done, 'hidden', text, withoutHidden(text));
  const changed = (json: Json): Json => mapStrings(json, clean);
  if (message.kind === 'error') {
    const { code, message: said, data } = message.error;
    const error = { code, message: clean(said), ...(data === undefined ? {} : { data: changed(data) }) };
    return { message: done.size === 0 ? message : { ...message, error }, sanitised: [...done] };
  }
  const body = message.kind === 'result' ? message.result : message.params;
  if (body === undefined) return { message, sanitised: [] };
  const plain = safeQuestions(changed(body), message, exchange, done);
  const safe = message.kind === 'result' && isObject(plain) ? inContent(plain, exchange, done) : plain;
  if (safe === body || !isObject(safe)) return { message, sanitised: [] };
  return { message: message.kind === 'result' ? { ...message, result: safe } : { ...message, params: safe }, sanitised: [...done] };
}

function noting(done: Set<Cleaned>, what: Cleaned, before: string, after: string): string {
  if (after !== before) done.add(what);
  return after;
}

/** The same value where nothing changes: most answers hide nothing. */
function mapStrings(json: Json, change: (text: string) => string): Json {
  if (typeof json === 'string') return change(json);
  if (isArray(json)) {
    const items = json.map((item) => mapStrings(item, change));
    return items.every((item, index) => item === json[index]) ? json : items;
  }
  if (!isObject(json)) return json;
  const members = Object.entries(json).map(([name, value]) => [change(name), mapStrings(value, change)] as const);
  return members.every(([name, value]) => json[name] === value) ? json : Object.fromEntries(members);
}

/** What is shown as text or as a page. Structured content is data for programs, and stays as its schema has it. */
function inContent(result: JsonObject, exchange: Exchange, done: Set<Cleaned>): JsonObject {
  const isUntrusted = exchange.call.resource.labels.integrity === 'untrusted';
  const isKnown = knownPlaces(exchange);
  const approved = (uri: string): readonly JsonObject[] => declaredIn(pinnedPageShown(exchange, uri));
  const item = (block: Json): Json => {
    if (!isObject(block)) return block;
    const { text, resource, content } = block;
    const page = holdToCsp(block, approved);
    if (page !== undefined) {
      done.add('page');
      return page;
    }
    const safe = typeof text === 'string' && isUntrusted ? noting(done, 'links', text, withoutActive(text, isKnown)) : text;
    const inner = isObject(resource) ? item(resource) : resource;
    const said = isObject(content) ? item(content) : content;
    if (safe === text && inner === resource && said === content) return block;
    const members: [string, Json | undefined][] = [['text', safe], ['resource', inner], ['content', said]];
    return { ...block, ...Object.fromEntries(members.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))) };
  };
  let changed = result;
  for (const list of ['content', 'contents', 'messages']) {
    const blocks = result[list];
    if (!isArray(blocks)) continue;
    const safe = blocks.map(item);
    if (safe.some((block, index) => block !== blocks[index])) changed = { ...changed, [list]: safe };
  }
  return changed;
}

/** The server's own host, and what the company counts as its own. */
function knownPlaces({ server, snapshot }: Exchange): (url: string) => boolean {
  const own = server.endpoint.transport === 'stdio' ? undefined : hostOf(server.endpoint.url);
  const internal = snapshot.network.internal.filter((name) => /^(?:\*\.)?[a-z]/i.test(name)).map((name) => name.toLowerCase());
  const ours = hostOf(snapshot.network.publicUrl);
  return (url) => {
    const host = /^https?:/i.test(url) ? hostOf(url) : undefined;
    if (host === undefined) return false;
    return host === own || host === ours || internal.some((name) => host === name || (name.startsWith('*.') && host.endsWith(name.slice(1))));
  };
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).hostname.toLowerCase();
  } catch {
    return undefined;
  }
}
