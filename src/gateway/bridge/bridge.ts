import type { Exchange } from '../../domain/exchange.ts';
import { eraOf, TRANSPORT_METHODS, type Message } from '../../domain/message.ts';
import type { Upstream } from '../../domain/upstream.ts';
import type { Permit } from '../../domain/verdict.ts';
import { callLegacyMember, callModernServer } from './legacy-client.ts';
import { listenToLegacy } from './listen-legacy.ts';
import { streamFromModern } from './listen-modern.ts';
import { callLegacyServer } from './modern-client.ts';
import type { BridgeParts } from './parts.ts';
import { answerAsSession } from './session-requests.ts';
import { answerAsToolset } from './toolset.ts';

/**
 * Between the eras, and between one client and the several servers of a toolset. What a permit allows is sent in the
 * words of the server's era; what the server can't know of the client's (sessions, or their absence) is kept here.
 */
export function createBridge(parts: BridgeParts): Upstream {
  return {
    send(permit, exchange, signal) {
      return eraOf(exchange.revision) === 'legacy' ? fromLegacy(parts, permit, exchange, signal) : fromModern(parts, permit, exchange, signal);
    },
  };
}

async function* fromModern(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  if (permit.message.kind !== 'request') return;
  if (exchange.members !== undefined) yield* answerAsToolset(parts, permit.message, exchange, signal);
  else if (permit.message.method === 'subscriptions/listen') yield* listenToLegacy(parts, permit, exchange, signal);
  else yield* callLegacyServer(parts, permit, exchange, signal);
}

async function* fromLegacy(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  if (message.kind === 'result' || message.kind === 'error') {
    const id = typeof message.id === 'string' ? message.id : '';
    const session = exchange.session?.key ?? '';
    if (parts.questions.answer(session, message)) return;
    const owner = parts.questions.ownerOf(id);
    if (owner !== parts.node && owner !== '') await parts.peers.answer(owner, session, message);
    return;
  }
  // What a notification says of a request of the client's is nothing to a server that never saw that request.
  if (message.kind === 'notification') return;
  const own = await answerAsSession(parts, message, exchange);
  if (own !== undefined) yield { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: own };
  else if (exchange.members !== undefined) yield* answerAsToolset(parts, message, exchange, signal);
  else if (exchange.server.baseline?.surface.eras.includes('modern') !== true) yield* callLegacyMember(parts, permit, exchange, signal);
  else if (message.method === TRANSPORT_METHODS.stream) yield* streamFromModern(parts, permit, exchange, signal);
  else yield* callModernServer(parts, permit, exchange, signal);
}
