import type { Decision, Obligation } from './decision.ts';
import type { ErrorCode } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { Message } from './message.ts';

declare const permitted: unique symbol;

/** The only thing that can be sent (invariant 1). `gateway/enforce.ts` alone makes one. */
export interface Permit {
  readonly outcome: 'permit';
  readonly message: Message;
  readonly decision: Decision;
  /** The gates that stood in its way and were met. */
  readonly met?: readonly Obligation[];
  /** The transforms that the message went through before it was decided so. */
  readonly changed?: readonly Obligation[];
  /** Id of the approval that was used up for it. */
  readonly approval?: string;
  readonly [permitted]: true;
}

export interface Denial {
  readonly outcome: 'denial';
  readonly code: ErrorCode;
  /** Plain words for the client: why, and what can be done about it. Never a secret, never a policy's source. */
  readonly reason: string;
  readonly remedy: string;
  readonly decision: Decision;
  /** Whether the item must look as if it did not exist (definitely denied, invariant 7). */
  readonly hidden: boolean;
  /** Gates that alone stand in the way: met, all of them, they lift it (DESIGN part 5). Who knows none of them sees a denial. */
  readonly gates?: readonly Obligation[];
  /** What must be changed in the message first; then it is decided anew. Who knows none of these sees a denial. */
  readonly transforms?: readonly Obligation[];
  /** The transforms that it went through before it was decided so. */
  readonly changed?: readonly Obligation[];
  /** Public members of the refusal's `error.data`: when to try again, which scopes to ask for. */
  readonly data?: JsonObject;
}

export type Verdict = Permit | Denial;
