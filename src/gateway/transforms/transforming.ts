import type { Obligation } from '../../domain/decision.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { Finding } from '../../domain/finding.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Message } from '../../domain/message.ts';
import type { Category } from '../../domain/server.ts';
import { parametersOf } from '../../mcp/parameter-headers.ts';
import { readCategories } from '../../policy/obligations.ts';
import type { Inspecting } from '../inspecting.ts';
import { rewrite, textAt, type Edit } from './rewrite.ts';
import { spotlight } from './spotlight.ts';
import type { Tokens } from './tokens.ts';

/** What permits ask to be changed before a message is sent or given out. What comes of it is inspected and decided anew. */
export interface Transforming {
  /** The call as it is to be sent. Undefined: it can't be changed as it must be, and so may not pass. */
  asked(message: Message, exchange: Exchange, wanted: readonly Obligation[], findings: readonly Finding[]): Promise<Changed | undefined>;
  answered(answer: Message, exchange: Exchange, wanted: readonly Obligation[], findings: readonly Finding[]): Promise<Message | undefined>;
  /** Whether what must be gone is gone, by what is found in the message as it is now. */
  isDone(wanted: readonly Obligation[], findings: readonly Finding[]): boolean;
}

export interface Changed {
  readonly message: Message;
  readonly exchange: Exchange;
}

export function createTransforming(tokens: Tokens, inspecting: Pick<Inspecting, 'asked'>): Transforming {
  const change = async (message: Message, exchange: Exchange, wanted: readonly Obligation[], findings: readonly Finding[]): Promise<Message | undefined> => {
    const edits = await editsOf(message, exchange, wanted, findings, tokens);
    return edits === undefined ? undefined : withEdits(message, edits, exchange);
  };
  return {
    async asked(message, exchange, wanted, findings) {
      // What a dispatcher runs stands twice in it, in its own words: nothing is changed there.
      if ((exchange.dispatchers ?? []).length > 0 && wanted.some(({ kind }) => CHANGES.has(kind))) return undefined;
      const restored = await restoredIn(message, exchange, categoriesOf(wanted, 'restore'), tokens);
      const found = restored === undefined || restored === message ? findings : (await inspecting.asked(restored, exchange)).findings;
      const changed = restored === undefined ? undefined : await change(restored, exchange, wanted, found);
      return changed === undefined ? undefined : { message: changed, exchange: withArguments(exchange, changed) };
    },
    async answered(answer, exchange, wanted, findings) {
      const changed = await change(answer, exchange, wanted, findings);
      if (changed === undefined || !wanted.some(({ kind }) => kind === 'spotlight')) return changed;
      return spotlight(changed, exchange.server.id);
    },
    isDone(wanted, findings) {
      const gone = [...categoriesOf(wanted, 'redact'), ...categoriesOf(wanted, 'tokenise')];
      return !findings.some(({ labels }) => labels?.categories?.some((category) => gone.includes(category)) === true);
    },
  };
}

const CHANGES: ReadonlySet<string> = new Set(['redact', 'tokenise', 'restore']);

function categoriesOf(wanted: readonly Obligation[], kind: 'redact' | 'tokenise' | 'restore'): readonly Category[] {
  return wanted.filter((one) => one.kind === kind).flatMap(({ value }) => readCategories(value) ?? []);
}

/** One edit for each place where a category stands that must not; what is to be redacted is not tokenised. */
async function editsOf(
  message: Message, exchange: Exchange, wanted: readonly Obligation[], findings: readonly Finding[], tokens: Tokens,
): Promise<readonly Edit[] | undefined> {
  const [redacted, tokenised] = [categoriesOf(wanted, 'redact'), categoriesOf(wanted, 'tokenise')];
  const edits: Edit[] = [];
  const issued: Edit[] = [];
  for (const finding of findings) {
    const categories = finding.labels?.categories ?? [];
    const category = categories.find((one) => redacted.includes(one)) ?? categories.find((one) => tokenised.includes(one));
    if (category === undefined) continue;
    const spans = spansOf(message, finding);
    if (spans === undefined) return undefined;
    for (const span of spans) {
      if (redacted.includes(category)) edits.push({ ...span, by: `[redacted: ${category}]` });
      else issued.push({ ...span, by: await tokens.issue(textAt(bodyOf(message), span.at)?.slice(span.start, span.end) ?? '', category, exchange) });
    }
  }
  const isCovered = ({ at, start, end }: Edit): boolean => edits.some((edit) => edit.at === at && edit.start < end && start < edit.end);
  return [...edits, ...issued.filter((edit) => !isCovered(edit))];
}

/** Where a finding stands; without spans, all of each place. Undefined: nowhere that could be changed. */
function spansOf(message: Message, { spans, at }: Finding): readonly Pick<Edit, 'at' | 'start' | 'end'>[] | undefined {
  if (spans !== undefined && spans.length > 0) return spans.filter((span) => !isMirrored(span.at));
  const places = at.filter((pointer) => !isMirrored(pointer)).map((pointer) => ({ at: pointer, start: 0, end: textAt(bodyOf(message), pointer)?.length ?? 0 }));
  return at.length === 0 || places.some(({ end }) => end === 0) ? undefined : places;
}

/** Headers that repeat arguments are written anew. */
function isMirrored(pointer: string): boolean {
  return pointer.startsWith('/parameters/');
}

/** What names what is asked for is judged as it is: changed, it would be another thing. */
const NAMES = /^\/params\/(?:uri|name|ref|taskId)(?:\/|$)/;

function bodyOf(message: Message): JsonObject {
  if (message.kind === 'result') return { result: message.result };
  if (message.kind === 'error') return { error: { code: message.error.code, message: message.error.message, data: message.error.data ?? null } };
  return { params: message.params ?? {} };
}

function withEdits(message: Message, edits: readonly Edit[], exchange: Exchange): Message | undefined {
  if (edits.length === 0) return message;
  if (edits.some(({ at }) => NAMES.test(at))) return undefined;
  const body = rewrite(bodyOf(message), edits);
  return isObject(body) ? withBody(message, body, exchange) : undefined;
}

function withBody(message: Message, { params, result, error }: JsonObject, { tool }: Exchange): Message | undefined {
  if (message.kind === 'result') return isObject(result) ? { ...message, result } : undefined;
  if (message.kind === 'error') {
    if (!isObject(error) || typeof error['message'] !== 'string') return undefined;
    const data = message.error.data === undefined ? {} : { data: error['data'] ?? null };
    return { ...message, error: { code: message.error.code, message: error['message'], ...data } };
  }
  if (!isObject(params)) return undefined;
  const schema = tool?.definition['inputSchema'];
  if (message.kind === 'notification' || message.parameters === undefined || !isObject(schema)) return { ...message, params };
  return { ...message, params, parameters: parametersOf(params, schema) };
}

/** Every placeholder in the arguments, where the permit says that this sink may have what it stands for. */
async function restoredIn(message: Message, exchange: Exchange, categories: readonly Category[], tokens: Tokens): Promise<Message | undefined> {
  if (categories.length === 0 || message.kind !== 'request' || message.params?.['arguments'] === undefined) return message;
  const restored = await mapText(message.params['arguments'], (text) => tokens.restore(text, categories, exchange));
  return restored === undefined ? undefined : withBody(message, { params: { ...message.params, arguments: restored } }, exchange);
}

async function mapText(json: Json, change: (text: string) => Promise<string | undefined>): Promise<Json | undefined> {
  if (typeof json === 'string') return change(json);
  if (isArray(json)) {
    const items: Json[] = [];
    for (const item of json) {
      const next = await mapText(item, change);
      if (next === undefined) return undefined;
      items.push(next);
    }
    return items;
  }
  if (!isObject(json)) return json;
  const members: [string, Json][] = [];
  for (const [name, item] of Object.entries(json)) {
    const next = await mapText(item, change);
    if (next === undefined) return undefined;
    members.push([name, next]);
  }
  return Object.fromEntries(members);
}

/** Policy, records and the way to the server see the arguments that are sent. */
function withArguments(exchange: Exchange, message: Message): Exchange {
  const given = message.kind === 'request' ? message.params?.['arguments'] : undefined;
  return exchange.call.arguments === undefined || !isObject(given) ? exchange : { ...exchange, call: { ...exchange.call, arguments: given } };
}
