import type { Effect } from './server.ts';

/**
 * A registered agent: a program that calls on somebody's behalf. What it may do is a ceiling: a call passes only if policy
 * permits it to the principal AND each agent in the chain has it under its ceiling (intersection, never union).
 */
export interface Agent {
  readonly id: string;
  readonly space: string;
  /** Who answers for it. */
  readonly owner: string;
  readonly purpose: string;
  /** The OAuth clients that are this agent, as `<issuer>|<client_id>`; an agent token names its agent itself. */
  readonly clients: readonly string[];
  /** `*`: whatever its principal may. */
  readonly allow: '*' | readonly AgentRule[];
  /** Epoch ms; from then on it is refused. */
  readonly expiresAt: number;
  /** Whether it may split its flow context by `_meta["io.sallyport/conversation"]` (DESIGN part 5). */
  readonly conversations: boolean;
}

/** One server, or what one toolset shows; `*` is every effect. */
export interface AgentRule {
  readonly server?: string;
  readonly toolset?: string;
  readonly effects: '*' | readonly Effect[];
}
