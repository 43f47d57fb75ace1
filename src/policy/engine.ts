import type { AccessRequest, Action, Decision, FlowReads, Obligation, PolicyEngine, Possibility } from '../domain/decision.ts';
import type { Json } from '../domain/json.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { ArgumentReader } from './arguments.ts';
import { buildArgumentReader } from './arguments.ts';
import type { Candidates } from './candidates.ts';
import { indexPolicies } from './candidates.ts';
import type { Evaluate } from './evaluate.ts';
import { asBoolean, compileExpr, compileScope } from './evaluate.ts';
import type { Outcomes } from './possibility.ts';
import { ERROR, FALSE, TRUE, asCondition, compileOutcomes, readsContext } from './possibility.ts';
import type { Program, ProgramPolicy } from './program.ts';
import { readProgram } from './program.ts';
import type { Subject } from './subject.ts';
import { itemOf, resourceIdOf, resourceTypeOf } from './subject.ts';
import type { RecordValue } from './values.ts';
import { EvaluationError } from './values.ts';
import type { AnyRequest, ItemType } from './vocabulary.ts';
import { APPLIES, FINDING_CONTEXT, FLOW_CONTEXT, PROVENANCE_CONTEXT, UNKNOWN_BEFORE_FLOW, coversAction, isAdminAction, isAdminRequest } from './vocabulary.ts';

/** The id under which the built-in permit of the registry workload is recorded. */
export const REGISTRY_PERMIT_ID = 'sallyport:registry';

/** The id under which the built-in permit of answers is recorded: what was permitted to be asked may be answered. */
export const ANSWER_PERMIT_ID = 'sallyport:answer';

/** One policy, ready to run. */
export interface LoadedPolicy {
  readonly source: ProgramPolicy;
  readonly inScope: (subject: Subject) => boolean;
  readonly evaluate: Evaluate;
  readonly outcomes: Outcomes;
  /** The same before the flow context is asked; undefined: it does not read it. */
  readonly beforeFlow?: Outcomes;
  readonly reads: FlowReads;
}

interface Loaded {
  readonly program: Program;
  readonly candidates: Candidates<LoadedPolicy>;
  readonly readers: ReadonlyMap<string, ArgumentReader>;
}

const NOTHING: Decision = { outcome: 'deny', policies: [], obligations: [], errors: [] };

/**
 * Builds the engine of a decision program (no wasm, no Cedar text). A program that is missing or malformed loads as
 * deny-all (invariant 3).
 *
 * Obligations of a decision: with `allow`, the transforms of all satisfied permits. With `deny`, they are empty unless
 * every forbid that stands in the way is a gate and a permit is satisfied: then they are all gates (and the transforms),
 * and meeting every one of them lifts the denial. A caller that knows no gates thus denies.
 */
export function loadEngine(program: Json, version: number): PolicyEngine {
  const loaded = load(program);
  if (loaded === undefined) {
    const errors = ['the decision program is missing or invalid: everything is denied'];
    const reads = { readsFlow: false, readsFindings: false, judgesAnswers: false, quarantines: false, readsProvenance: false };
    return { version, ...reads, asks: () => NO_READS, decide: () => ({ ...NOTHING, errors }), possible: () => 'deny' };
  }
  return {
    version,
    readsFlow: loaded.program.policies.some(({ condition }) => readsContext(condition, FLOW_CONTEXT)),
    // What permits and adds nothing changes nothing: answers are permitted anyway.
    quarantines: loaded.program.policies.some(({ obligations }) => obligations.some(({ kind }) => kind === 'quarantine')),
    judgesAnswers: loaded.program.policies.some(({ actions, effect, obligations }) =>
      coversAction(actions, 'respond') && (effect === 'forbid' || obligations.length > 0)),
    readsFindings: loaded.program.policies.some(({ condition }) => readsContext(condition, FINDING_CONTEXT)),
    readsProvenance: loaded.program.policies.some(({ condition }) => readsContext(condition, PROVENANCE_CONTEXT)),
    asks: (request) => {
      try {
        return asks(loaded, request);
      } catch {
        return { readsFlow: true, readsProvenance: true };
      }
    },
    decide: (request) => {
      try {
        return decide(loaded, request);
      } catch (error) {
        return { ...NOTHING, errors: [messageOf(error)] };
      }
    },
    possible: (request) => {
      try {
        return possible(loaded, request);
      } catch {
        return 'deny';
      }
    },
  };
}

function load(json: Json): Loaded | undefined {
  try {
    const program = readProgram(json);
    if (program === undefined) return undefined;
    const candidates = indexPolicies(program.policies.map(loadPolicy));
    const readers = new Map(Object.entries(program.shapes).map(([tool, shape]) => [tool, buildArgumentReader(shape)]));
    return { program, candidates, readers };
  } catch {
    return undefined;
  }
}

export function loadPolicy(source: ProgramPolicy): LoadedPolicy {
  const [principal, resource] = [compileScope('principal', source.principal), compileScope('resource', source.resource)];
  const { actions, condition } = source;
  const reads = { readsFlow: readsContext(condition, FLOW_CONTEXT), readsProvenance: readsContext(condition, PROVENANCE_CONTEXT) };
  const inScope = (subject: Subject): boolean =>
    coversAction(actions, subject.request.action) && principal(subject) && resource(subject);
  return {
    source, inScope, reads, evaluate: compileExpr(condition), outcomes: compileOutcomes(condition),
    ...(reads.readsFlow || reads.readsProvenance ? { beforeFlow: compileOutcomes(condition, UNKNOWN_BEFORE_FLOW) } : {}),
  };
}

const NO_READS: FlowReads = { readsFlow: false, readsProvenance: false };
/** What may come back for a message, and is decided by what was known of it. */
const COMING: readonly Action[] = ['respond', 'sample', 'elicit', 'roots', 'notify'];

/** The policies in scope whose outcome is not the same for every flow say what must be asked; those in shadow too, for their record. */
function asks(loaded: Loaded, request: AccessRequest): FlowReads {
  if (isRegistry(request) || refuse(loaded, request) !== undefined) return NO_READS;
  let [readsFlow, readsProvenance] = [false, false];
  for (const action of [request.action, ...COMING]) {
    const one = { ...request, action };
    const subject = subjectOf(loaded, one, action === request.action ? readArguments(loaded, one) : undefined);
    for (const { beforeFlow, inScope, reads } of loaded.candidates(subject)) {
      if (beforeFlow === undefined || !inScope(subject)) continue;
      const bits = asCondition(beforeFlow(subject));
      if (bits === TRUE || bits === FALSE || bits === ERROR) continue;
      readsFlow ||= reads.readsFlow;
      readsProvenance ||= reads.readsProvenance;
    }
  }
  return { readsFlow, readsProvenance };
}

function decide(loaded: Loaded, request: AnyRequest): Decision {
  if (!isAdminRequest(request) && isRegistry(request)) return decideForRegistry(request);
  const refusal = refuse(loaded, request);
  if (refusal !== undefined) return { ...NOTHING, errors: [refusal] };
  const subject = subjectOf(loaded, request, readArguments(loaded, request));
  const [permits, forbids, errors, shadow]: [ProgramPolicy[], ProgramPolicy[], string[], string[]] = [[], [], [], []];
  for (const policy of loaded.candidates(subject)) {
    if (!policy.inScope(subject)) continue;
    try {
      if (!asBoolean(policy.evaluate(subject))) continue;
      if (policy.source.only === 'shadow') shadow.push(policy.source.id);
      else (policy.source.effect === 'permit' ? permits : forbids).push(policy.source);
    } catch (error) {
      if (policy.source.only !== 'shadow') errors.push(`${policy.source.id}: ${messageOf(error)}`);
    }
  }
  const decision = conclude(request.action === 'respond' ? [ANSWER_PERMIT, ...permits] : permits, forbids, errors);
  return shadow.length === 0 ? decision : { ...decision, shadow };
}

const ANSWER_PERMIT: Pick<ProgramPolicy, 'id' | 'obligations'> = { id: ANSWER_PERMIT_ID, obligations: [] };

type Concluding = Pick<ProgramPolicy, 'id' | 'obligations' | 'only'>;

function conclude(permits: readonly Concluding[], forbids: readonly Concluding[], errors: readonly string[]): Decision {
  const isPermitted = permits.some(({ only }) => only === undefined);
  const outcome = errors.length === 0 && forbids.length === 0 && isPermitted ? 'allow' : 'deny';
  const determining = forbids.length > 0 ? forbids : permits;
  const policies = errors.length > 0 && forbids.length === 0 ? [] : determining.map((policy) => policy.id);
  const liftable = errors.length === 0 && isPermitted && forbids.every((policy) => policy.obligations.length > 0);
  const obligations = liftable ? [...forbids, ...permits].flatMap(obligationsOf) : [];
  return { outcome, policies, obligations, errors };
}

function obligationsOf(policy: Concluding): readonly Obligation[] {
  return policy.obligations.map(({ kind, value }) => ({ kind, value, policy: policy.id }));
}

function possible(loaded: Loaded, request: AccessRequest): Possibility {
  if (isRegistry(request)) return decideForRegistry(request).outcome;
  if (refuse(loaded, request) !== undefined) return 'deny';
  const subject = subjectOf(loaded, request, undefined);
  // Arguments are checked against the pinned schema whenever a policy reads them, and that check can fail.
  let certain = !loaded.readers.has(resourceIdOf(request)) || request.action !== 'call_tool';
  let permitted = request.action === 'respond';
  let surely = permitted;
  for (const policy of loaded.candidates(subject)) {
    if (!policy.inScope(subject) || policy.source.only === 'shadow') continue;
    const bits = asCondition(policy.outcomes(subject));
    if (bits === ERROR) return 'deny';
    if (bits & ERROR) certain = false;
    if (policy.source.only === 'transforms') {
      certain &&= bits === FALSE;
    } else if (policy.source.effect === 'permit') {
      permitted ||= (bits & TRUE) !== 0;
      surely ||= bits === TRUE;
    } else if (policy.source.obligations.length === 0 && (bits & FALSE) === 0) {
      return 'deny';
    } else if (bits !== FALSE) {
      certain = false;
    }
  }
  if (!permitted) return 'deny';
  return certain && surely ? 'allow' : 'unknown';
}

/** Why a request can't be judged at all: such a request is denied. */
function refuse(loaded: Loaded, request: AnyRequest): string | undefined {
  if (!applies(request)) return `${request.action} is never asked of a ${request.resource.kind}`;
  const facts = factsOf(loaded, request);
  if (facts === undefined) return 'the server is not in the decision program';
  return facts.space === request.principal.space ? undefined : 'the server belongs to another space';
}

/** Each kind of resource has its actions, and administration none of the others'. */
export function applies(request: AnyRequest): boolean {
  if (isAdminRequest(request) || isAdminAction(request.action)) return isAdminRequest(request) && isAdminAction(request.action);
  const types: readonly (ItemType | 'Control')[] = APPLIES[request.action];
  return types.includes(resourceTypeOf(request));
}

function factsOf({ program }: Loaded, request: AnyRequest): Program['servers'][string] | undefined {
  const server = itemOf(request)?.server;
  if (server === undefined) return controlFacts(request);
  return Object.hasOwn(program.servers, server) ? program.servers[server] : undefined;
}

/** Control is no server; of the facts of one, policies about administration read its space alone. */
export function controlFacts(request: AnyRequest): Program['servers'][string] | undefined {
  return isAdminRequest(request) ? { space: request.resource.space, tier: 'internal', hosting: 'embedded' } : undefined;
}

function subjectOf(loaded: Loaded, request: AnyRequest, args: RecordValue | undefined): Subject {
  const server = factsOf(loaded, request);
  if (server === undefined) throw new EvaluationError('the server is not in the decision program');
  const principalType = request.principal.kind === 'person' ? 'Person' : 'Workload';
  return { request, principalType, resourceType: resourceTypeOf(request), resourceId: resourceIdOf(request), server, arguments: args };
}

/** The arguments as policies see them, where one reads them. Throws `EvaluationError`: the request is denied. */
function readArguments(loaded: Loaded, request: AnyRequest): RecordValue | undefined {
  if (isAdminRequest(request) || request.action !== 'call_tool') return undefined;
  const read = loaded.readers.get(resourceIdOf(request));
  if (read === undefined) return undefined;
  if (request.context.arguments === undefined) throw new EvaluationError('a policy reads the arguments of this tool, and they are not known');
  return read(request.context.arguments);
}

function isRegistry({ principal }: AccessRequest): boolean {
  return principal.kind === 'workload' && principal.id === REGISTRY_PRINCIPAL_ID;
}

/** Enrolment works before any policy exists, and no policy can give the registry more than this: lists, and pages of apps, which are code. */
function decideForRegistry({ action, resource: { kind, name } }: AccessRequest): Decision {
  const enrols = kind === 'server' && (action === 'connect' || action === 'list' || action === 'respond');
  const readsPage = kind === 'resource' && name.startsWith('ui://') && (action === 'read_resource' || action === 'respond');
  return enrols || readsPage ? { ...NOTHING, outcome: 'allow', policies: [REGISTRY_PERMIT_ID] } : NOTHING;
}

function messageOf(error: unknown): string {
  return error instanceof EvaluationError ? error.message : 'the decision failed';
}
