import type { Action, Resource } from './decision.ts';
import type { Finding } from './finding.ts';
import type { Json, JsonObject } from './json.ts';
import type { Provenance } from './provenance.ts';
import type { JournalRecord } from './record.ts';

/**
 * Everything that an approval is bound to: its digest (RFC 8785, SHA-256) is what people approve and what is used, once. A
 * call that differs in any byte of this is another call.
 */
export interface ApprovalSubject {
  readonly space: string;
  readonly principal: ApprovalCaller;
  /** Whose upstream credential is used, where a workload of ours makes the call for one. */
  readonly behind: ApprovalCaller;
  /** Key of the flow context. */
  readonly flow: string;
  readonly server: string;
  readonly method: string;
  readonly action: Action;
  readonly resource: Pick<Resource, 'kind' | 'server' | 'name'>;
  /** Digest of the pinned definition; null where nothing is pinned. */
  readonly pin: string | null;
  /** The dispatchers that the call goes through, outermost first, each with its pin. */
  readonly dispatchers: readonly { readonly name: string; readonly pin: string }[];
  /** As they are sent, less the protocol's own keys of `_meta`. */
  readonly params: JsonObject;
  /** What a dry run of it says that it would do, where a gate wants one and the tool has one: what is approved is that, too. */
  readonly preview?: Json;
  /** The gates that want it, each with the digest of its policy as it is in force. */
  readonly gates: readonly ApprovalGate[];
}

export interface ApprovalCaller {
  readonly id: string;
  readonly kind: 'person' | 'workload';
  readonly agent: string;
  readonly actors: readonly string[];
}

/** `value`: `owner`, `secops`, `2:secops`, `role:approver`. */
export interface ApprovalGate {
  readonly kind: 'approve' | 'stage';
  readonly policy: string;
  readonly digest: string;
  readonly value: string;
}

/** What a gateway asks of control. What is not in the subject is shown to the approver, and binds nothing. */
export interface ApprovalAsk {
  readonly exchange: string;
  readonly subject: ApprovalSubject;
  readonly effect?: Resource['effect'];
  readonly findings: readonly Finding[];
  /** Where the values of its arguments come from, as far as that is known: what an approver is shown of the path that they took. */
  readonly provenance?: ApprovalProvenance;
  /** What may end the call (`record.ts`): looked at again when the approval is used. */
  readonly standing: NonNullable<JournalRecord['standing']>;
}

export type ApprovalProvenance = Pick<Provenance, 'destinations' | 'flowsFrom' | 'places'>;

export const APPROVAL_STATES = ['pending', 'granted', 'denied', 'expired', 'used', 'withdrawn'] as const;
/** `pending` and `granted` are open; a granted one was approved by all who must and waits for its call. */
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** Where an approval stands, as a gateway learns it. */
export interface ApprovalWord {
  readonly id: string;
  readonly state: ApprovalState;
  /** Epoch ms. */
  readonly expiresAt: number;
  /** Where a person sees it, if control has a door. */
  readonly url?: string;
  /** Of a denied one: what the approver said. */
  readonly reason?: string;
}

/** Control's signed word that an approval was used for this very exchange, and for no other ever. */
export interface ApprovalUse {
  readonly id: string;
  readonly digest: string;
  readonly exchange: string;
  readonly usedAt: number;
}
