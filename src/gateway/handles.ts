import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Message } from '../domain/message.ts';
import { textOf } from '../mcp/encode.ts';
import type { Seal } from './seal.ts';

/**
 * Handles that a server gives out and a client brings back: `requestState` (2026-07-28, multi-round-trip requests) and
 * task ids (Tasks extension; 2025-11-25 core tasks). Whoever holds one could act with it, so what clients see is a sealed
 * form bound to principal, agents and server (MCP security best practices: state-handle hijacking).
 */
export interface Handles {
  /** The message with the server's own handles in place. Throws ERR_STATE_INVALID for what we did not seal for this caller. */
  unseal<M extends Message>(message: M, caller: Caller): M;
  /** The message with our sealed handles in place. */
  seal<M extends Message>(message: M, exchange: Exchange): M;
}

/** What a handle is bound to. */
export interface Caller {
  readonly space: string;
  readonly server: string;
  readonly principal: string;
  readonly agent: string;
  /** A narrower chain may less: what a wider one began is not its own. */
  readonly actors: readonly string[];
  /** For a retry of a multi-round-trip request: what must be the same as at first. */
  readonly method: string;
  readonly target: string;
  readonly arguments: JsonObject | undefined;
}

export function callerOf(exchange: Exchange): Caller {
  const { principal, server, call, dispatchers, space } = exchange;
  // As the client said it: through another dispatcher, or with another word to the same one, it is another request.
  const { resource, arguments: given } = dispatchers?.[0] ?? call;
  const { id, agent, actors } = principal;
  return { space, server: server.id, principal: id, agent, actors, method: call.method, target: resource.name, arguments: given };
}

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

export function createHandles(seal: Seal, now: () => number = Date.now): Handles {
  const openTask = (caller: Caller) => (sealed: string): string => seal.open(taskBinding(caller), sealed) ?? refuse();
  // A state says when it was sealed: what a server was told in the middle of a call is not good for ever.
  const openState = (caller: Caller) => (sealed: string): string => {
    const [, sealedAt, text] = /^(\d+) (.*)$/s.exec(seal.open(stateBinding(caller), sealed) ?? '') ?? [];
    return text === undefined || now() - Number(sealedAt) > LIMITS.requestStateMs ? refuse() : text;
  };
  return {
    unseal(message, caller) {
      if ((message.kind !== 'request' && message.kind !== 'notification') || message.params === undefined) return message;
      const params = replaceAll(message.params, openTask(caller), openState(caller));
      return params === message.params ? message : { ...message, params };
    },
    seal(message, exchange) {
      const caller = callerOf(exchange);
      const task = (id: string): string => seal.sealStable(taskBinding(caller), id);
      const state = (text: string): string => seal.seal(stateBinding(caller), `${now()} ${text}`);
      if (message.kind === 'result') {
        const result = replaceTasks(replaceAll(message.result, task, state), task);
        return result === message.result ? message : { ...message, result };
      }
      if (message.kind === 'error' || message.params === undefined) return message;
      const params = replaceAll(message.params, task, state);
      return params === message.params ? message : { ...message, params };
    },
  };
}

function refuse(): never {
  throw new SallyportError('ERR_STATE_INVALID', 'This handle was not given to this caller for this request.', { remedy: 'Start the request again.' });
}

function taskBinding({ space, server, principal, agent, actors }: Caller): string {
  return JSON.stringify(['task', space, server, principal, agent, actors]);
}

/** Other arguments are another request: what a server was told once must not go on under what policy never saw of it. */
function stateBinding({ space, server, principal, agent, actors, method, target, arguments: given }: Caller): string {
  const digest = given === undefined ? '' : new Bun.CryptoHasher('sha256').update(textOf(given)).digest('hex');
  return JSON.stringify(['state', space, server, principal, agent, actors, method, target, digest]);
}

type Change = (handle: string) => string;

/** `taskId`, `requestState` and the related-task metadata of one params or result object. */
function replaceAll(body: JsonObject, task: Change, state: Change): JsonObject {
  let next = replaceString(body, 'taskId', task);
  next = replaceString(next, 'requestState', state);
  if (isObject(next['task'])) next = replaceIn(next, 'task', (inner) => replaceString(inner, 'taskId', task));
  if (isArray(next['taskIds'])) next = { ...next, taskIds: next['taskIds'].map((id) => (typeof id === 'string' ? task(id) : id)) };
  if (isObject(next['notifications'])) next = replaceIn(next, 'notifications', (inner) => replaceAll(inner, task, state));
  if (isObject(next['_meta']) && isObject(next['_meta'][RELATED_TASK])) {
    next = replaceIn(next, '_meta', (meta) => replaceIn(meta, RELATED_TASK, (related) => replaceString(related, 'taskId', task)));
  }
  return next;
}

/** `tasks/list` of 2025-11-25 gives a list of tasks. */
function replaceTasks(result: JsonObject, task: Change): JsonObject {
  const tasks = result['tasks'];
  if (!isArray(tasks)) return result;
  return { ...result, tasks: tasks.map((item): Json => (isObject(item) ? replaceString(item, 'taskId', task) : item)) };
}

function replaceString(body: JsonObject, key: string, change: Change): JsonObject {
  const value = body[key];
  return typeof value === 'string' ? { ...body, [key]: change(value) } : body;
}

function replaceIn(body: JsonObject, key: string, change: (inner: JsonObject) => JsonObject): JsonObject {
  const inner = body[key];
  if (!isObject(inner)) return body;
  const next = change(inner);
  return next === inner ? body : { ...body, [key]: next };
}
