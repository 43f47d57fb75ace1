import type { AccessRequest, Decision } from '../../domain/decision.ts';
import type { Json } from '../../domain/json.ts';
import { UNDERIVED, type Provenance } from '../../domain/provenance.ts';
import { CATEGORIES, UNLABELLED, type Labels } from '../../domain/server.ts';
import { indexPolicies, type Candidates } from '../candidates.ts';
import type { Ceilings } from '../ceiling.ts';
import { withinCeilings } from '../ceiling.ts';
import { loadEngine, loadPolicy, type LoadedPolicy } from '../engine.ts';
import { subjectFor } from '../equivalence.ts';
import { asCondition, compileOutcomes, ERROR, FALSE, TRUE, type Outcomes } from '../possibility.ts';
import { readProgram, type Program } from '../program.ts';
import { resourceIdOf, type Subject } from '../subject.ts';
import { FINDING_CONTEXT, FLOW_CONTEXT, isAdminRequest, PROVENANCE_CONTEXT } from '../vocabulary.ts';

/**
 * What of a recorded request is not known any more. `identity`: who asked for what, in part (groups, the whole name of a
 * resource); then nothing can be said at all.
 */
export type Unknown = 'arguments' | 'flow' | 'provenance' | 'findings' | 'identity';

/** What a decision comes to, whatever the unknown was; `exact`: also which policies it is by. Undefined: it depends on the unknown. */
export type Settled = (Decision & { readonly exact: boolean }) | undefined;

export interface Settler {
  settle(request: AccessRequest, unknown: ReadonlySet<Unknown>): Settled;
}

const ATTRIBUTES: Readonly<Record<Exclude<Unknown, 'identity'>, readonly string[]>> = {
  arguments: ['arguments'], flow: FLOW_CONTEXT, provenance: PROVENANCE_CONTEXT, findings: FINDING_CONTEXT,
};

/** Decides recorded requests by a program and the ceilings of its agents, as a gate with that snapshot would. */
export function createSettler(json: Json, ceilings: Ceilings): Settler {
  const engine = withinCeilings(loadEngine(json, 0), ceilings);
  const program = readProgram(json);
  const loaded = (program?.policies ?? []).map(loadPolicy);
  const candidates = indexPolicies(loaded);
  const outcomes = new Map<string, ReadonlyMap<string, Outcomes>>();
  const outcomesFor = (unknown: readonly string[]): ReadonlyMap<string, Outcomes> => {
    const key = unknown.join();
    const made = outcomes.get(key) ?? new Map(loaded.map(({ source }) => [source.id, compileOutcomes(source.condition, unknown)]));
    outcomes.set(key, made);
    return made;
  };
  return {
    settle(request, unknown) {
      const decision = engine.decide(request);
      if (unknown.size === 0) return { ...decision, exact: true };
      if (unknown.has('identity') || program === undefined) return undefined;
      const missing = [...unknown].toSorted().flatMap((one) => (one === 'identity' ? [] : ATTRIBUTES[one]));
      const beyond = ceilings.beyond(request.principal, request.resource) !== undefined;
      return beyond ? { ...decision, exact: true } : settleUnknown({ program, candidates, outcomes: outcomesFor(missing) }, request, unknown, decision);
    },
  };
}

interface Parts {
  readonly program: Program;
  readonly candidates: Candidates<LoadedPolicy>;
  readonly outcomes: ReadonlyMap<string, Outcomes>;
}

function settleUnknown(parts: Parts, request: AccessRequest, unknown: ReadonlySet<Unknown>, decision: Decision): Settled {
  const { program, candidates, outcomes } = parts;
  const known = unknown.has('arguments') ? withoutArguments(request) : request;
  const subject = subjectFor(known, { servers: program.servers, shapes: program.shapes });
  // What can't be judged at all is denied, whatever the rest is.
  if (subject === undefined) return { ...decision, exact: true };
  const readsLost = unknown.has('arguments') && request.action === 'call_tool' && Object.hasOwn(program.shapes, resourceIdOf(request));
  const certain: string[] = [];
  let [isPermitted, isUncertain] = [request.action === 'respond', readsLost];
  for (const policy of candidates(subject)) {
    const { id, effect, only, obligations } = policy.source;
    if (only === 'shadow' || !policy.inScope(subject)) continue;
    const bits = certainBits(policy, outcomes.get(id)?.(subject) ?? ERROR, subject, unknown);
    isUncertain ||= bits !== TRUE && bits !== FALSE && bits !== ERROR;
    if (bits === ERROR || (bits === TRUE && effect === 'forbid' && obligations.length === 0)) certain.push(id);
    if ((bits & TRUE) !== 0 && effect === 'permit' && only === undefined) isPermitted = true;
  }
  // Every policy comes to the same whatever the unknown was: so does the engine, but for what it says of those in shadow.
  if (!isUncertain) return { ...decision, shadow: [], exact: true };
  const isDenied = certain.length > 0 || !isPermitted;
  return isDenied ? { outcome: 'deny', policies: certain, obligations: [], errors: [], exact: false } : undefined;
}

/**
 * What a policy comes to. Attributes of the context but the arguments are always there and of their type, so that by themselves they
 * can't make a condition fail: an error that neither the best nor the worst of them leads to is none.
 */
function certainBits({ evaluate }: LoadedPolicy, outcome: number, subject: Subject, unknown: ReadonlySet<Unknown>): number {
  const bits = asCondition(outcome);
  const rest = bits & ~ERROR;
  if (bits === rest || rest === 0 || unknown.has('arguments')) return bits;
  return EXTREMES.every((extreme) => isSound(evaluate, { ...subject, request: withContext(subject, extreme) })) ? rest : bits;
}

function isSound(evaluate: LoadedPolicy['evaluate'], subject: Subject): boolean {
  try {
    return typeof evaluate(subject) === 'boolean';
  } catch {
    return false;
  }
}

interface Extreme {
  readonly flow: Labels;
  readonly provenance: Provenance;
}

const EXTREMES: readonly Extreme[] = [
  { flow: UNLABELLED, provenance: UNDERIVED },
  {
    flow: { confidentiality: 'restricted', categories: CATEGORIES, integrity: 'untrusted' },
    provenance: { destinations: 'untrusted', flowsFrom: [], confidentiality: 'restricted', categories: CATEGORIES },
  },
];

function withContext({ request }: Subject, extreme: Extreme): Subject['request'] {
  return isAdminRequest(request) ? request : { ...request, context: { ...request.context, ...extreme } };
}

function withoutArguments(request: AccessRequest): AccessRequest {
  return { ...request, context: { ...request.context, arguments: undefined } };
}
