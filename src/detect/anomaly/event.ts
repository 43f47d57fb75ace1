import type { Action } from '../../domain/decision.ts';
import type { Effect, Labels } from '../../domain/server.ts';

/** What a request looks like before it is decided: names, shapes and sizes, no value of an argument. */
export interface CallAsked {
  /** Epoch ms. */
  readonly at: number;
  readonly space: string;
  readonly principal: string;
  readonly principalKind: 'person' | 'workload';
  readonly agent: string;
  readonly server: string;
  readonly method: string;
  readonly action: Action;
  /** Canonical name of the tool, prompt or resource; absent where it is about the server. */
  readonly tool?: string;
  readonly effect?: Effect;
  /** Properties that the pinned schema knows, with their JSON types and encoded bytes. */
  readonly arguments: readonly { readonly name: string; readonly type: string; readonly bytes: number }[];
  /** How many properties it does not know. */
  readonly unknownArguments: number;
  readonly argumentBytes: number;
  /** Hashes of the destinations that the arguments name. */
  readonly destinations: readonly string[];
  readonly labelsBefore: Labels;
}

/** How it ended; see `CallAsked`. */
export interface CallEnded {
  readonly outcome: 'permitted' | 'denied' | 'refused' | 'failed';
  /** 0 unless permitted and answered. */
  readonly resultBytes: number;
  readonly labelsAfter: Labels;
}
