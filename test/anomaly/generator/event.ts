import type { Action } from '../../../src/domain/decision.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import type { Effect, Labels } from '../../../src/domain/server.ts';

/** One property of the arguments, by the pinned schema's own name: its JSON type and encoded size, never its value. */
export interface ArgumentSeen {
  readonly name: string;
  readonly type: 'string' | 'number' | 'boolean' | 'array' | 'object' | 'null';
  /** Bytes of its JSON text. */
  readonly bytes: number;
}

/** What a gateway knows of a request before it is decided. */
export interface CallAsked {
  /** Epoch ms at which it arrived. */
  readonly at: number;
  readonly space: string;
  /** `<issuer>|<subject>`. */
  readonly principal: string;
  readonly principalKind: 'person' | 'workload';
  readonly agent: string;
  /** RFC 8693 act chain, outermost first; mostly empty. */
  readonly actors: readonly string[];
  /** Key of the flow context: space, principal, agent and actors; the same in every session. */
  readonly context: string;
  readonly server: string;
  /** `tools/call`, `tools/list` … */
  readonly method: string;
  readonly action: Action;
  /** Canonical name; absent where the request concerns the server as a whole (`tools/list`). */
  readonly tool?: string;
  readonly effect?: Effect;
  /** Properties present, in the schema's order. Empty for a list. */
  readonly arguments: readonly ArgumentSeen[];
  /** How many properties the pinned schema doesn't know. */
  readonly unknownArguments: number;
  /** Encoded size of all arguments, those unknown to the schema included. */
  readonly argumentBytes: number;
  /** Hashes of recipients, hosts, accounts and channels named in the arguments; the same destination has the same hash. */
  readonly destinations: readonly string[];
  /** What the context carried when it was asked. */
  readonly labelsBefore: Labels;
}

/**
 * `denied`: policy said no. `refused`: not a request that could be judged (malformed, unknown name). `failed`: permitted, but
 * the server broke or didn't answer. `permitted`: permitted and answered.
 */
export type CallOutcome = 'permitted' | 'denied' | 'refused' | 'failed';

/** One finished request, in the order in which requests arrived. What is declared here is known only after the request was decided, or answered. */
export interface CallEvent extends CallAsked {
  /** Known when it is decided, except `failed`. */
  readonly outcome: CallOutcome;
  /** 0 unless `permitted`. */
  readonly resultBytes: number;
  /** From arrival to the end of the answer. */
  readonly latencyMs: number;
  /** What the context carries afterwards. */
  readonly labelsAfter: Labels;
}

/**
 * Sees every event of an organisation once, in order of `at`, and says at once what is unusual in it; keeps its own state. A
 * finding belongs to the event for which it is returned, so to that event's principal and agent.
 */
export type Scorer = (event: CallEvent) => readonly Finding[];
