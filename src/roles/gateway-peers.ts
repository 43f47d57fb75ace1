import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import type { ErrorMessage, Message, ResultMessage } from '../domain/message.ts';
import { resumeHeld } from '../gateway/bridge/modern-client.ts';
import type { BridgeParts, Peers } from '../gateway/bridge/parts.ts';
import { connectLink, type Link } from '../link/connect.ts';
import type { Handler } from '../link/handler.ts';
import { decodeBody } from '../mcp/decode.ts';
import { encodeBody } from '../mcp/encode.ts';

/** Node names come out of handles that we sealed, but a path is made of them: one shape only. */
const NODE = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;

/** The replicas on this machine, by their link sockets. */
export function createPeers(home: string): Peers {
  const links = new Map<string, Link>();
  const linkTo = (node: string): Link => {
    const socketPath = join(home, 'run', node === 'gateway' ? 'gateway.sock' : `gateway-${node}.sock`);
    if (!NODE.test(node) || !existsSync(socketPath)) throw lost();
    const link = links.get(node) ?? connectLink({ home, self: 'gateway', peer: 'gateway', socketPath });
    links.set(node, link);
    return link;
  };
  async function* forward(owner: string, body: JsonObject, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
    try {
      // As text, so that a number that JavaScript can't hold arrives digit for digit.
      for await (const item of linkTo(owner).stream('gateway.forward', body, signal)) yield decodeBody(String(item), 'server', '2026-07-28');
    } catch (fault) {
      throw fault instanceof SallyportError && fault.code === 'ERR_LINK_UNAVAILABLE' ? lost() : fault;
    }
  }
  return {
    resume: (owner, handle, responses, exchange, signal) => forward(owner, { kind: 'resume', handle, responses, ...callerOf(exchange) }, signal),
    async answer(owner, session, message) {
      for await (const _nothing of forward(owner, { kind: 'answer', session, message: { ...message } }, AbortSignal.timeout(ANSWER_MS)));
    },
    async resubscribe(owner, session) {
      for await (const _nothing of forward(owner, { kind: 'resubscribe', session }, AbortSignal.timeout(ANSWER_MS)));
    },
  };
}

const ANSWER_MS = 10_000;

/** Whose held call it is; the owner compares, it does not believe. */
function callerOf(exchange: Exchange): JsonObject {
  return { principal: exchange.principal.id, agent: exchange.principal.agent };
}

function lost(): SallyportError {
  return new SallyportError('ERR_SESSION_OWNER_LOST', 'The replica that held this call is gone; the call was not repeated.', { remedy: 'Start the request again.' });
}

/** What other replicas may ask of this one: to go on with what it owns. */
export function forwardHandlers(parts: BridgeParts): Readonly<Record<string, Handler>> {
  return {
    'gateway.forward': {
      stream: async function* forward(body, _caller, signal) {
        if (!isObject(body)) throw new SallyportError('ERR_REQUEST_INVALID', 'gateway.forward takes an object');
        if (body['kind'] === 'answer') {
          parts.questions.answer(String(body['session']), body['message'] as unknown as ResultMessage | ErrorMessage);
          return;
        }
        if (body['kind'] === 'resubscribe') {
          parts.subscriptions.changed(String(body['session']));
          return;
        }
        const responses = isObject(body['responses']) ? (body['responses'] as Readonly<Record<string, JsonObject>>) : {};
        const caller = { id: String(body['principal']), agent: String(body['agent']) };
        for await (const answer of resumeHeld(parts, String(body['handle']), responses, caller, signal)) yield encodeBody(answer);
      },
    },
  };
}
