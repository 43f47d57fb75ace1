import { TRANSPORT_METHODS } from '../../domain/message.ts';
import type { Row } from '../query/row.ts';

/** What records add up to, wherever they are summed. */
export const SUMS = ['calls', 'denials', 'held', 'failures', 'findings'] as const;
export type Sum = (typeof SUMS)[number];

/**
 * `calls`: tools, prompts and resources that were permitted. `denials`: what policy, a switch or the gate refused, in either
 * direction. `held`: waits that people were asked about. `failures`: what failed, was cancelled, or has an unknown outcome; a
 * stream of a transport that its client closes is none of it.
 */
export type Sums = { readonly [Name in Sum]: number };

const USES: ReadonlySet<string> = new Set(['call_tool', 'get_prompt', 'read_resource']);
const DENIED: ReadonlySet<string> = new Set(['call.denied', 'call.refused', 'message.denied', 'result.withheld']);
const FAILED: ReadonlySet<string> = new Set(['call.failed', 'call.cancelled', 'call.unknown']);

/** What one record adds. */
export function sumsOf({ event, action, method, finding }: Row): Sums {
  const [happened, did] = [typeof event === 'string' ? event : '', typeof action === 'string' ? action : ''];
  return {
    calls: happened === 'call.permitted' && USES.has(did) ? 1 : 0, denials: DENIED.has(happened) ? 1 : 0, held: happened === 'approval.asked' ? 1 : 0,
    failures: FAILED.has(happened) && method !== TRANSPORT_METHODS.stream ? 1 : 0, findings: typeof finding === 'object' ? finding.length : 0,
  };
}
