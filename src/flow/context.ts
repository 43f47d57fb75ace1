import type { Action } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { TRANSPORT_METHODS, type Message } from '../domain/message.ts';
import type { Principal } from '../domain/principal.ts';
import type { Labels } from '../domain/server.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { join } from './labels.ts';

/** Under this key of `_meta` an agent names the conversation that a request belongs to. */
const CONVERSATION = 'io.sallyport/conversation';
const CONVERSATION_LENGTH_MAX = 128;
/** Characters of the digest: 128 bits. Hex, for a key is also typed. */
const KEY_LENGTH = 32;

/**
 * The key of a flow context: space, issuer and subject, agent, and actor chain; never a session, route, audience or
 * credential, so that what was read at one server counts at the next, and after a refresh (DESIGN part 5, context). A
 * conversation splits it only for an agent whose registration allows that. Keyed: it stands in records beside a pseudonym, where
 * nobody may try out names. `secret`: of the installation, the same for all replicas and for good.
 */
export function contextKey({ space, id, agent, actors }: Principal, conversation: string | undefined, secret: string): string {
  const parts = JSON.stringify([space, id, agent, actors, conversation ?? null]);
  return new Bun.CryptoHasher('sha256', secret).update(parts).digest('hex').slice(0, KEY_LENGTH);
}

/** The conversation that a request names, if its agent may name one. */
export function conversationOf({ agent, space }: Principal, params: JsonObject | undefined, snapshot: Pick<Snapshot, 'agents'>): string | undefined {
  const meta = params?.['_meta'];
  const named = isObject(meta) ? meta[CONVERSATION] : undefined;
  if (typeof named !== 'string' || named === '' || named.length > CONVERSATION_LENGTH_MAX) return undefined;
  return snapshot.agents.some((known) => known.id === agent && known.space === space && known.conversations) ? named : undefined;
}

/** What is asked for its data. What a server says of itself was approved, and carries nothing; what nobody could approve does, see `isSaid`. */
const CARRIES: ReadonlySet<Action> = new Set(['call_tool', 'get_prompt', 'read_resource', 'complete', 'subscribe', 'task', 'notify', 'respond']);

/** Lists of instances, which no baseline holds: names and descriptions in them are whoever's made those. */
const INSTANCES: Readonly<Record<string, string>> = { 'resources/list': 'resources', 'skills/list': 'skills' };
/** As servers say that they have no such method. */
const CURT = /^[A-Za-z ]{0,24}$/;

/**
 * The labels of what comes back in an exchange, or of whatever may; undefined where it carries none. What a stream repeats and a task
 * brings is of any tool of its server; what comes back on a toolset, of any member.
 */
export function labelsOf({ call, dispatchers = [], server, members }: Exchange, answer?: Message): Labels | undefined {
  // That a stream is open says nothing yet.
  const isRepeated = call.method === TRANSPORT_METHODS.stream && !(answer?.kind === 'notification' && answer.method === TRANSPORT_METHODS.opened);
  if (!CARRIES.has(call.action) && !isRepeated && (answer === undefined || !isSaid(answer, call.method))) return undefined;
  const own = [call.resource, ...dispatchers.map(({ resource }) => resource)].map(({ labels }) => labels);
  const of = (isRepeated || call.action === 'task' ? [server] : []).concat(members ?? []);
  return [...own, ...of.flatMap(({ labels, baseline }) => [labels, ...(baseline?.surface.tools ?? []).map((tool) => tool.labels)])].reduce(join);
}

/** Whether an answer to what asks for no data holds text that nobody approved. */
function isSaid(answer: Message, method: string): boolean {
  if (answer.kind === 'error') return answer.error.data !== undefined || !CURT.test(answer.error.message);
  const list = answer.kind === 'result' ? answer.result[INSTANCES[method] ?? ''] : undefined;
  return list !== undefined && !(isArray(list) && list.length === 0);
}
