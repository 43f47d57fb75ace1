import type { Finding } from './finding.ts';
import type { JsonObject } from './json.ts';
import type { Principal } from './principal.ts';
import type { Provenance } from './provenance.ts';
import type { Confidentiality, Effect, Labels } from './server.ts';

export const ACTIONS = [
  'call_tool', 'get_prompt', 'read_resource', 'list', 'complete', 'subscribe', 'task', 'connect', 'sample', 'elicit', 'roots', 'notify', 'respond',
] as const;
/** What a message asks for, in policy's words. `mcp/methods.ts` maps each method to one. */
export type Action = (typeof ACTIONS)[number];

/**
 * What an administrator asks of control, in policy's words: a world of its own beside the messages. A policy that names no
 * action speaks of messages only, so that no permit for a tool can ever administer anything.
 */
export const ADMIN_ACTIONS = [
  'admin_self', 'admin_read', 'admin_change', 'admin_approve', 'admin_audit', 'admin_investigate', 'admin_stop', 'admin_govern',
  'admin_observe', 'admin_protect',
] as const;
export type AdminAction = (typeof ADMIN_ACTIONS)[number];

/** A part of control: `name` is the first segment of the API's path; space `*` is what belongs to the whole organisation. */
export interface ControlResource {
  readonly kind: 'control';
  readonly space: string;
  readonly name: string;
}

/** May this administrator do that to this part of control? */
export interface AdminRequest {
  readonly principal: Principal;
  readonly action: AdminAction;
  readonly resource: ControlResource;
  readonly context: Pick<AccessContext, 'now'>;
}

/** What is acted on. `name` is the canonical name, resolved once (invariant 7): tool, prompt, URI, or '' for the server itself. */
export interface Resource {
  readonly kind: 'tool' | 'prompt' | 'resource' | 'server';
  readonly server: string;
  readonly name: string;
  readonly effect?: Effect;
  readonly labels: Labels;
  /** The highest confidentiality that it may be sent; absent: its server's tier says. */
  readonly clearance?: Confidentiality;
  /** Whether it keeps what agents read back later: notes, memories, rules files. */
  readonly memory?: boolean;
  readonly toolsets: readonly string[];
}

/** Cedar's principal, action, resource, context. Policy sees these and nothing else. */
export interface AccessRequest {
  readonly principal: Principal;
  readonly action: Action;
  readonly resource: Resource;
  readonly context: AccessContext;
}

export interface AccessContext {
  /** `undefined` = not known yet (listing): conditions that read it are then neither true nor false. */
  readonly arguments: JsonObject | undefined;
  /** Network zone of the caller's address: `loopback`, `internal`, `external`. */
  readonly zone: 'loopback' | 'internal' | 'external';
  /** Epoch ms. */
  readonly now: number;
  /** How the item differs, right now, from what was approved; `none` where nothing is pinned. */
  readonly drift: Drift;
  /** What the caller's flow context carries so far (DESIGN part 5, context). */
  readonly flow: Labels;
  /** Nobody asked what that is at this moment, as nothing of the decision depended on it: it is what was known last. */
  readonly believed?: true;
  /** What detectors saw in this call, or see in what its caller is doing. */
  readonly findings: readonly Finding[];
  /** Where the values of the arguments come from. */
  readonly provenance: Provenance;
}

export const DRIFTS = ['none', 'formatting', 'text', 'schema', 'effect', 'added', 'removed', 'renamed'] as const;
/** `none`, or the class by which a definition left its pin (DESIGN part 5). What changed behaviour is denied whatever policy says. */
export type Drift = (typeof DRIFTS)[number];

/** An annotation on a satisfied policy: a gate on a forbid, or a transform on a permit. */
export interface Obligation {
  readonly kind: string;
  readonly value: string;
  readonly policy: string;
}

export interface Decision {
  readonly outcome: 'allow' | 'deny';
  /** Ids of the determining policies; empty when nothing permitted (default deny). */
  readonly policies: readonly string[];
  readonly obligations: readonly Obligation[];
  /** Any error denies: Cedar skips an erroring policy, so a broken `forbid` would allow (invariant 6). */
  readonly errors: readonly string[];
  /** Ids of the policies that would have been satisfied if they were in force: they are in shadow. */
  readonly shadow?: readonly string[];
  /** What was asked, the call first: kept with its record, so that it can be decided again. */
  readonly asked?: readonly AccessRequest[];
}

/** Three-valued: what is decided when arguments and context are unknown (invariant 7). */
export type Possibility = 'allow' | 'deny' | 'unknown';

/** What of a flow context a decision reads. */
export interface FlowReads {
  readonly readsFlow: boolean;
  readonly readsProvenance: boolean;
}

export interface PolicyEngine {
  readonly version: number;
  /** Whether any policy reads the flow context: where none does, nobody need ask what it carries. */
  readonly readsFlow: boolean;
  /** Whether any policy reads findings: where none does, detectors need not run before the decision. */
  readonly readsFindings: boolean;
  /** Whether any policy holds back or changes answers (`respond`): where none does, they need not be judged apart. */
  readonly judgesAnswers: boolean;
  /** Whether any policy withholds answers for a person (`@quarantine`). */
  readonly quarantines: boolean;
  /** Whether any policy reads where arguments come from: where none does, nobody need keep or compare fingerprints. */
  readonly readsProvenance: boolean;
  /** What must be asked of the flow context before this message, or what may come back for it, is decided: the outcome depends on it. */
  asks(request: AccessRequest): FlowReads;
  /** Pure, synchronous, total. */
  decide(request: AccessRequest | AdminRequest): Decision;
  /** Whether any arguments and context could be allowed. `deny` hides an item from lists. */
  possible(request: AccessRequest): Possibility;
}
