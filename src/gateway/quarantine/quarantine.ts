import type { Exchange } from '../../domain/exchange.ts';
import type { Finding } from '../../domain/finding.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Message, RequestMessage, ResultMessage } from '../../domain/message.ts';
import type { Principal } from '../../domain/principal.ts';
import type { SharedState } from '../../domain/state.ts';
import type { Upstream } from '../../domain/upstream.ts';
import type { Denial, Verdict } from '../../domain/verdict.ts';
import { textOf } from '../../mcp/encode.ts';
import { digestOf } from '../../registry/canonical.ts';
import { lift } from '../enforce.ts';
import { standingOf } from '../trail-words.ts';
import { recordedFindings } from '../trail-findings.ts';
import { shapeOfAnswer } from './shape.ts';

/** Answers that policy withholds for a person: kept in control, and given to the same call once somebody released them. */
export interface Quarantine {
  /** The way to servers, before which what was released for a call is given instead of asking again. */
  around(upstream: Upstream): Upstream;
  /** What holds for an answer that policy would quarantine: withheld under a handle, or free of that where it was released. */
  judge(verdict: Verdict, answer: Message, findings: readonly Finding[], exchange: Exchange): Verdict | Promise<Verdict>;
}

/** Where they are kept. Both throw `ERR_LINK_UNAVAILABLE`; then nothing is given out. */
export interface QuarantineStore {
  keep(kept: JsonObject): Promise<Json>;
  take(taken: JsonObject): Promise<Json>;
}

/** `mayHold`: whether anything in force quarantines; where nothing does nobody looks for what was released. */
export function createQuarantine(state: SharedState, store: QuarantineStore, mayHold: (exchange: Exchange) => boolean): Quarantine {
  /** By exchange, while it is open: what is asked in it, and that it is answered with what was released. */
  const askedIn = new Map<string, RequestMessage>();
  const released = new Set<string>();
  /** The answer that was released for this call, as JSON text. */
  const releasedFor = async (message: RequestMessage, exchange: Exchange): Promise<string | undefined> => {
    const digest = callDigest(message, exchange);
    const id = await state.get(keyOf(digest, exchange));
    if (id === undefined) return undefined;
    const taken = await store.take({ space: exchange.space, id, digest, exchange: exchange.id });
    const { state: word, answer } = isObject(taken) ? taken : {};
    if (word !== 'held') await state.delete(keyOf(digest, exchange));
    return word === 'released' && typeof answer === 'string' ? answer : undefined;
  };
  const keep = async (answer: ResultMessage, denial: Denial, findings: readonly Finding[], asked: RequestMessage, exchange: Exchange): Promise<Denial> => {
    const text = textOf(answer.result);
    const shape = shapeOfAnswer(answer.result, exchange.tool?.definition['outputSchema']);
    if (text.length > LIMITS.quarantinedCharsMax) return withheld(denial, shape, undefined);
    const digest = callDigest(asked, exchange);
    const { space, id, principal, flow, server, call } = exchange;
    const kept = await store.keep({
      space, digest, exchange: id, principal: principal.id, agent: principal.agent, asked: askedBy(exchange), context: flow,
      server: server.id, name: call.resource.name,
      policies: [...denial.decision.policies], shape, answer: text,
      findings: (recordedFindings({ findings }, exchange).findings ?? []).map(({ detector, rule, severity }) => ({ detector, rule, severity })),
    });
    const handle = isObject(kept) && typeof kept['id'] === 'string' ? kept['id'] : undefined;
    if (handle !== undefined) await state.set(keyOf(digest, exchange), handle, LIMITS.quarantineMs);
    return withheld(denial, shape, handle);
  };
  return {
    around: (upstream) => ({
      async *send(permit, exchange, signal) {
        const { message } = permit;
        if (message.kind !== 'request' || message.from !== 'client' || !QUARANTINED.has(exchange.call.action) || !mayHold(exchange)) {
          yield* upstream.send(permit, exchange, signal);
          return;
        }
        askedIn.set(exchange.id, message);
        try {
          const answer = await releasedFor(message, exchange);
          if (answer === undefined) yield* upstream.send(permit, exchange, signal);
          else {
            released.add(exchange.id);
            const result: JsonObject = JSON.parse(answer);
            yield { kind: 'result', from: 'server', revision: message.revision, id: message.id, result };
          }
        } finally {
          released.delete(exchange.id);
          askedIn.delete(exchange.id);
        }
      },
    }),
    judge(verdict, answer, findings, exchange) {
      if (verdict.outcome === 'permit' || verdict.gates?.some(({ kind }) => kind === 'quarantine') !== true) return verdict;
      if (released.has(exchange.id)) return freed(verdict, answer);
      const asked = askedIn.get(exchange.id);
      if (answer.kind !== 'result' || asked === undefined) return withheld(verdict, {}, undefined);
      return keep(answer, verdict, findings, asked, exchange);
    },
  };
}

/** What may come again as the same call. */
const QUARANTINED: ReadonlySet<string> = new Set(['call_tool', 'get_prompt', 'read_resource']);

function keyOf(digest: string, { space }: Exchange): string {
  return `${space}/quarantine/${digest}`;
}

/** One call of one caller in one context: what belongs to its transport, not to what is asked, is left out. */
function callDigest({ method, params }: RequestMessage, { space, principal, flow, server }: Exchange): string {
  const { _meta: _transport, ...asked } = params ?? {};
  return digestOf([space, principal.id, principal.agent, flow, server.id, method, asked]);
}

/** Who asked, as whom, by which tokens: none of them releases it. */
function askedBy(exchange: Exchange): JsonObject {
  const { principal, onBehalfOf } = exchange;
  return { principal: callerOf(principal), behind: callerOf(onBehalfOf), credentials: [...standingOf(exchange).credentials] };
}

function callerOf({ id, kind, agent, actors }: Principal): JsonObject {
  return { id, kind, agent, actors: [...actors] };
}

/** Policy's other gates still stand before what was released. */
function freed(denial: Denial, answer: Message): Verdict {
  const gates = denial.gates ?? [];
  const others = gates.filter(({ kind }) => kind !== 'quarantine');
  return others.length === 0 ? lift(denial, answer, new Set(gates)) : { ...denial, gates: others };
}

/** Nothing that the server wrote is in it: sizes, and names of the pinned schema. */
function withheld({ gates: _gates, ...denial }: Denial, shape: Json, handle: string | undefined): Denial {
  const held = { code: 'ERR_QUARANTINED', reason: 'The answer is withheld until a person has looked at it.' } as const;
  if (handle === undefined) return { ...denial, ...held, remedy: 'This answer is not kept; ask an administrator.', data: { quarantine: { shape } } };
  return {
    ...denial, ...held, data: { quarantine: { id: handle, shape } },
    remedy: `Ask for its release (sallyport quarantine release ${handle}), then make the same call again: it gets this answer.`,
  };
}
