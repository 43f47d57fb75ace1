import type { AccessRequest, Resource } from '../../domain/decision.ts';
import type { Json } from '../../domain/json.ts';
import type { Principal } from '../../domain/principal.ts';
import { UNDERIVED, type Provenance } from '../../domain/provenance.ts';
import { UNLABELLED, type Labels } from '../../domain/server.ts';
import { indexPolicies } from '../candidates.ts';
import { withinCeilings, type Ceilings } from '../ceiling.ts';
import { loadEngine, loadPolicy } from '../engine.ts';
import { subjectFor } from '../equivalence.ts';
import { asCondition, compileOutcomes, ERROR, FALSE, TRUE } from '../possibility.ts';
import { readProgram } from '../program.ts';

/**
 * Whether somebody can get a call through: `open`, there are arguments and moments for which nobody is asked; `guarded`, a person must
 * approve it, whatever they are; `closed`, never. `by`: the policies that close or guard it.
 */
export interface Reached {
  readonly state: 'open' | 'guarded' | 'closed';
  readonly by: readonly string[];
}

/** What is known of the moment: what the context carries, and where the call's arguments come from. */
export interface Situation {
  readonly flow: Labels;
  readonly provenance: Provenance;
}

export const CLEAN: Situation = { flow: UNLABELLED, provenance: UNDERIVED };

export type Reach = (principal: Principal, resource: Resource, situation: Situation) => Reached;

/** What an attacker chooses, or waits for. Findings are not: who attacks sees to it that there are none. */
const CHOSEN = ['arguments', 'tokenAge', 'now', 'hour', 'day', 'zone', 'proof'] as const;
/** Gates at which a person looks; those that count only slow it down. */
const PEOPLE: ReadonlySet<string> = new Set(['approve', 'stage']);

/** Judges calls of tools by a program, as its policies would judge some call of them. */
export function createReach(json: Json, ceilings: Ceilings): Reach {
  const program = readProgram(json);
  if (program === undefined) return () => ({ state: 'closed', by: [] });
  const engine = withinCeilings(loadEngine(json, 0), ceilings);
  const candidates = indexPolicies(program.policies.map(loadPolicy));
  const outcomes = new Map(program.policies.map(({ id, condition }) => [id, compileOutcomes(condition, CHOSEN)]));
  return (principal, resource, { flow, provenance }) => {
    const request: AccessRequest = {
      principal, resource, action: 'call_tool',
      context: { arguments: undefined, zone: 'internal', now: 0, drift: 'none', flow, findings: [], provenance },
    };
    const subject = subjectFor(request, program);
    if (subject === undefined || engine.possible(request) === 'deny') return { state: 'closed', by: [] };
    const [closing, guarding]: [string[], string[]] = [[], []];
    let isPermitted = false;
    for (const { inScope, source: { id, effect, only, obligations } } of candidates(subject)) {
      if (only !== undefined || !inScope(subject)) continue;
      const bits = asCondition(outcomes.get(id)?.(subject) ?? ERROR);
      if (bits === ERROR) closing.push(id);
      else if (effect === 'permit') isPermitted ||= (bits & TRUE) !== 0;
      else if ((bits & FALSE) === 0 && obligations.length === 0) closing.push(id);
      else if ((bits & FALSE) === 0 && obligations.some(({ kind }) => PEOPLE.has(kind))) guarding.push(id);
    }
    if (closing.length > 0 || !isPermitted) return { state: 'closed', by: closing };
    return guarding.length > 0 ? { state: 'guarded', by: guarding } : { state: 'open', by: [] };
  };
}
