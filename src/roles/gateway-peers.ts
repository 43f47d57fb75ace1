import { existsSync } from 'node:fs';
import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { REVISIONS, type ErrorMessage, type Message, type ResultMessage } from '../domain/message.ts';
import { resumeHeld } from '../gateway/bridge/modern-client.ts';
import type { BridgeParts, Peers } from '../gateway/bridge/parts.ts';
import type { Identity } from '../identity/authenticate.ts';
import type { ProofVerdict } from '../identity/nonces.ts';
import type { Proof } from '../identity/proof.ts';
import { connectLink, type Link } from '../link/connect.ts';
import type { Handler } from '../link/handler.ts';
import { NODE } from '../link/machines/machine.ts';
import { listenerOf, socketPathOf } from '../link/place.ts';
import { decodeBody } from '../mcp/decode.ts';
import { encodeBody } from '../mcp/encode.ts';

/** The replicas: on this machine by their link sockets, on others by where `remote` says they are. */
export function createPeers(home: string, remote: (node: string) => Link | undefined): Peers & ProofOwners & { close(): void } {
  const links = new Map<string, Link>();
  const linkTo = (node: string): Link => {
    if (!NODE.test(node)) throw lost();
    const known = links.get(node) ?? remote(node);
    if (known === undefined && !existsSync(socketPathOf(home, listenerOf('gateway', node), 'gateway'))) throw lost();
    const link = known ?? connectLink({ home, self: 'gateway', peer: 'gateway', node });
    links.set(node, link);
    return link;
  };
  async function* forward(owner: string, body: JsonObject, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
    try {
      for await (const item of linkTo(owner).stream('gateway.forward', body, signal)) {
        yield decodeBody(textIn(item), 'server', '2026-07-28');
      }
    } catch (fault) {
      throw fault instanceof SallyportError && fault.code === 'ERR_LINK_UNAVAILABLE' ? lost() : fault;
    }
  }
  return {
    close() {
      for (const link of links.values()) link.close();
    },
    resume: (owner, handle, responses, exchange, signal) => forward(owner, { kind: 'resume', handle, responses, ...callerOf(exchange) }, signal),
    async answer(owner, session, message) {
      const body = { kind: 'answer', session, message: encodeBody(message), revision: message.revision };
      for await (const _nothing of forward(owner, body, AbortSignal.timeout(ANSWER_MS)));
    },
    async judgeProof(owner, proof) {
      const verdict = await linkTo(owner).call('gateway.proof', { ...proof }, { timeoutMs: PROOF_MS });
      const known = PROOF_VERDICTS.find((one) => isObject(verdict) && one === verdict['verdict']);
      if (known === undefined) throw new SallyportError('ERR_LINK_FRAME', 'A replica judged a proof in words that are none.');
      return known;
    },
    async resubscribe(owner, session) {
      for await (const _nothing of forward(owner, { kind: 'resubscribe', session }, AbortSignal.timeout(ANSWER_MS)));
    },
  };
}

const ANSWER_MS = 10_000;
/** A client waits for it, and can make another proof. */
const PROOF_MS = 2_000;

const PROOF_VERDICTS: readonly ProofVerdict[] = ['fresh', 'replayed', 'unknown'];

/** The replicas that remember which proofs came with their nonces. */
export interface ProofOwners {
  /** Rejects when that replica can't be reached. */
  judgeProof(owner: string, proof: Proof): Promise<ProofVerdict>;
}

/** What another replica asks of this one about a proof that came with a nonce of ours. */
export function proofHandlers(identity: Pick<Identity, 'judgeProof'>): Readonly<Record<string, Handler>> {
  return {
    'gateway.proof': {
      call: (body) => {
        const { nonce, id } = isObject(body) ? body : {};
        if (typeof nonce !== 'string' || typeof id !== 'string' || id.length > LIMITS.nameLengthMax) {
          throw new SallyportError('ERR_REQUEST_INVALID', 'gateway.proof names a nonce and a proof');
        }
        return { verdict: identity.judgeProof({ nonce, id }, Date.now()) };
      },
    },
  };
}

/** Whose held call it is; the owner compares, it does not believe. */
function callerOf(exchange: Exchange): JsonObject {
  return { principal: exchange.principal.id, agent: exchange.principal.agent, exchange: exchange.id };
}

function lost(): SallyportError {
  return new SallyportError('ERR_SESSION_OWNER_LOST', 'The replica that held this call is gone; the call was not repeated.', {
    remedy: 'Start the request again.',
  });
}

/** Messages travel as text, so that a number that JavaScript can't hold arrives digit for digit. */
function textIn(item: Json): string {
  if (typeof item !== 'string') throw new SallyportError('ERR_LINK_FRAME', 'A replica answered with something that is no message.');
  return item;
}

/** What one replica asks of another. It proved its role on the link; what it says is read as strictly as a client's words. */
type Forwarded =
  | {
    readonly kind: 'resume'; readonly handle: string; readonly responses: Responses;
    readonly principal: string; readonly agent: string; readonly exchange: string;
  }
  | { readonly kind: 'answer'; readonly session: string; readonly message: ResultMessage | ErrorMessage }
  | { readonly kind: 'resubscribe'; readonly session: string };
type Responses = Readonly<Record<string, JsonObject>>;

/** Throws ERR_REQUEST_INVALID, and what `decodeBody` throws of a message that is none. */
function readForwarded(body: Json): Forwarded {
  const { kind, session, message, revision, handle, responses, principal, agent, exchange } = isObject(body) ? body : {};
  if (kind === 'resume' && typeof handle === 'string' && isResponses(responses)) {
    if (typeof principal === 'string' && typeof agent === 'string' && typeof exchange === 'string') {
      return { kind, handle, responses, principal, agent, exchange };
    }
  }
  if (kind === 'resubscribe' && typeof session === 'string') return { kind, session };
  const spoken = REVISIONS.find((known) => known === revision);
  if (kind === 'answer' && typeof session === 'string' && typeof message === 'string' && spoken !== undefined) {
    const answer = decodeBody(message, 'client', spoken);
    if (answer.kind === 'result' || answer.kind === 'error') return { kind, session, message: answer };
  }
  throw new SallyportError('ERR_REQUEST_INVALID', 'gateway.forward takes what replicas send each other');
}

function isResponses(value: Json | undefined): value is Responses {
  return isObject(value) && Object.values(value).every((response) => isObject(response));
}

/** What other replicas may ask of this one: to go on with what it owns. */
export function forwardHandlers(parts: BridgeParts): Readonly<Record<string, Handler>> {
  return {
    'gateway.forward': {
      stream: async function* forward(body, _caller, signal) {
        const asked = readForwarded(body);
        if (asked.kind === 'answer') parts.questions.answer(asked.session, asked.message);
        else if (asked.kind === 'resubscribe') parts.subscriptions.changed(asked.session);
        else {
          const caller = { id: asked.principal, agent: asked.agent, exchange: asked.exchange };
          for await (const answer of resumeHeld(parts, asked.handle, asked.responses, caller, signal)) yield encodeBody(answer);
        }
      },
    },
  };
}
