import type { Action } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
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

/** What is asked for its data. What a server says of itself was approved, and carries nothing. */
const CARRIES: ReadonlySet<Action> = new Set(['call_tool', 'get_prompt', 'read_resource', 'complete', 'subscribe', 'task', 'notify', 'respond']);

/** The labels of whatever comes back in an exchange; undefined where it carries none. */
export function labelsOf({ call, dispatchers = [] }: Exchange): Labels | undefined {
  if (!CARRIES.has(call.action)) return undefined;
  return dispatchers.reduce((labels, { resource }) => join(labels, resource.labels), call.resource.labels);
}
