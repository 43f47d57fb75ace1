import type { Exchange } from '../domain/exchange.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { TRANSPORT_METHODS, type Message } from '../domain/message.ts';
import type { SharedState } from '../domain/state.ts';
import type { Upstream } from '../domain/upstream.ts';

/**
 * Remembers who started which task. A server knows the gate by one credential, so its `tasks/list` and its news of tasks
 * may hold everyone's; sealed for whoever asks, another's task would be theirs to read and to cancel. What nobody is
 * known to own is shown to nobody.
 */
export function createTaskOwners(upstream: Upstream, state: SharedState): Upstream {
  const isOwn = async (task: Json | undefined, exchange: Exchange): Promise<boolean> => {
    const id = isObject(task) ? task['taskId'] : undefined;
    return typeof id === 'string' && (await state.get(keyOf(exchange, id))) === ownerOf(exchange);
  };
  const ownIn = async (tasks: readonly Json[], exchange: Exchange): Promise<readonly Json[]> => {
    const checked = await Promise.all(tasks.slice(0, LIMITS.listPageItems).map(async (task) => ((await isOwn(task, exchange)) ? [task] : [])));
    return checked.flat();
  };
  return {
    async *send(permit, exchange, signal) {
      for await (const answer of upstream.send(permit, exchange, signal)) {
        if (answer.kind === 'notification' && NEWS.has(answer.method)) {
          if (await isOwn(answer.params, exchange)) yield answer;
        } else if (answer.kind !== 'result') yield answer;
        else {
          const started = startedIn(answer.result);
          // A task whose owner can't be remembered works all the same for who has its handle; it is only not listed.
          if (started !== undefined) await state.set(keyOf(exchange, started), ownerOf(exchange), LIMITS.sessionMaxMs).catch(() => undefined);
          const { tasks } = answer.result;
          const isListed = LISTING.has(exchange.call.method) && isArray(tasks);
          yield isListed ? ({ ...answer, result: { ...answer.result, tasks: await ownIn(tasks, exchange) } } satisfies Message) : answer;
        }
      }
    },
  };
}

const NEWS: ReadonlySet<string> = new Set(['notifications/tasks/status', 'notifications/tasks']);
/** A resumed stream may repeat the answer to an earlier `tasks/list` (2025-11-25, transports). */
const LISTING: ReadonlySet<string> = new Set(['tasks/list', TRANSPORT_METHODS.stream]);

/** The id of the task that a result begins: in `task` (2025-11-25) or its own (Tasks extension). */
function startedIn(result: JsonObject): string | undefined {
  const task = result['resultType'] === 'task' ? result : result['task'];
  const id = isObject(task) ? task['taskId'] : undefined;
  return typeof id === 'string' ? id : undefined;
}

function keyOf({ space, server }: Exchange, task: string): string {
  return `${space}/task/${server.id}/${digestOf(task)}`;
}

function ownerOf({ principal }: Exchange): string {
  return digestOf(JSON.stringify([principal.id, principal.agent, principal.actors]));
}

function digestOf(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('base64url');
}
