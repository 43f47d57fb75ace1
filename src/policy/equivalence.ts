import { buildArgumentReader } from './arguments.ts';
import type { Problem } from './diagnostic.ts';
import { controlFacts, loadPolicy } from './engine.ts';
import type { LoadedPolicy } from './engine.ts';
import { asBoolean, compileExpr, compileScope } from './evaluate.ts';
import { createDice, generateRequest, poolOf } from './generate.ts';
import type { Facts, Outcome, Reads } from './oracle.ts';
import { askOracle } from './oracle.ts';
import { operandsOf } from './possibility.ts';
import type { Expr, ProgramPolicy } from './program.ts';
import { isBinary } from './program.ts';
import type { Subject } from './subject.ts';
import { itemOf, resourceIdOf, resourceTypeOf } from './subject.ts';
import type { Value } from './values.ts';
import type { AnyRequest } from './vocabulary.ts';
import { coversAction, isAdminRequest } from './vocabulary.ts';
import { isLong } from './values.ts';

/** Requests made for one policy, and those of them that Cedar judges too. */
const CANDIDATES = 40;
const COMPARED_MAX = 9;

/**
 * Compares the compiled form of one policy with Cedar's own verdict. Many requests are made and run on the compiled form,
 * which is cheap; those that show something new (an outcome, a side or the edge of a comparison, a kind of principal) are
 * kept, so that few questions to Cedar cover satisfied, not satisfied and error. A difference is a compile error: such a
 * program is never released.
 */
export function compareWithCedar(text: string, policy: ProgramPolicy, facts: Facts, seed: number): Problem | undefined {
  const loaded = loadPolicy(policy);
  const chosen = chooseRequests(loaded, facts, seed);
  const theirs = askOracle(text, chosen.map(({ request }) => request), facts, readsOf(policy));
  const differs = chosen.findIndex(({ ours }, index) => ours !== theirs[index]);
  if (differs < 0) return undefined;
  return {
    code: 'ERR_POLICY_EQUIVALENCE',
    message: `the compiled form says ${chosen[differs]?.ours ?? ''}, Cedar says ${theirs[differs] ?? ''}`,
    remedy: 'write the condition in another way, and report this policy as a defect of the compiler',
  };
}

interface Chosen {
  readonly request: AnyRequest;
  readonly ours: Outcome;
}

interface Candidate extends Chosen {
  /** How it stands to the scope: outcome, principal, whether the rest fits. */
  readonly scope: string;
  /** What its condition shows; nothing outside the scope, where it does not matter. */
  readonly sides: readonly string[];
}

function makeCandidates(loaded: LoadedPolicy, facts: Facts, seed: number): readonly Candidate[] {
  const dice = createDice(seed);
  const pool = poolOf(loaded.source);
  const probes = leavesOf(loaded.source.condition).slice(0, 16).map(compileProbe);
  const { actions, resource } = loaded.source;
  const resourceFits = compileScope('resource', resource);
  const made: Candidate[] = [];
  for (let count = 0; count < CANDIDATES; count += 1) {
    const request = generateRequest(loaded.source, pool, facts, dice);
    const subject = subjectFor(request, facts);
    if (subject === undefined) continue;
    const ours = outcomeOf(loaded, subject);
    const restFits = resourceFits(subject) && coversAction(actions, request.action);
    const isInside = loaded.inScope(subject);
    // Outside the scope only a condition that holds can tell whether the scope was kept.
    const holds = isInside ? ours : attempt(() => String(loaded.evaluate(subject) === true));
    const who = holds === 'true' || isInside ? `${subject.principalType} ${String(request.principal.groups.length > 0)} ${String(restFits)}` : '';
    const scope = `${String(isInside)} ${holds} ${who}`;
    const sides = isInside ? probes.map((probe, index) => `${index} ${probe(subject)}`) : [];
    made.push({ request, ours, scope, sides });
  }
  return made;
}

/** First what is new about outcome and scope, then what is new about the condition. */
function chooseRequests(loaded: LoadedPolicy, facts: Facts, seed: number): readonly Chosen[] {
  const candidates = makeCandidates(loaded, facts, seed);
  const byScope = new Map(candidates.map((candidate) => [candidate.scope, candidate]));
  const chosen = new Set<Candidate>([...byScope.values()].toSorted((left, right) => rank(left) - rank(right)).slice(0, COMPARED_MAX - 4));
  const seen = new Set([...chosen].flatMap(({ sides }) => sides));
  for (const candidate of candidates) {
    if (chosen.size >= COMPARED_MAX) break;
    if (candidate.sides.every((side) => seen.has(side))) continue;
    for (const side of candidate.sides) seen.add(side);
    chosen.add(candidate);
  }
  return [...chosen];
}

/** Just outside the scope comes first: those requests are the rarest. */
function rank({ scope }: Candidate): number {
  if (scope.startsWith('false true')) return scope.endsWith('true') ? 0 : 2;
  return 1;
}

function readsOf({ actions, principal, resource, condition }: ProgramPolicy): Reads {
  const attributes = new Set<string>();
  const types = new Set(actions === null ? [] : ['Action']);
  for (const name of [principal.in, principal.exactly, resource.in, resource.exactly]) if (name !== undefined) types.add(name[0]);
  const visit = (expr: Expr): void => {
    if (expr[0] === 'context' || expr[0] === 'contextHas') attributes.add(expr[1]);
    if (expr[0] === 'get' || expr[0] === 'has') attributes.add(expr[2]);
    if (expr[0] === 'in') for (const [type] of expr[2]) types.add(type);
    for (const operand of operandsOf(expr)) visit(operand);
  };
  visit(condition);
  return { attributes, types };
}

/** What one policy comes to in the engine. */
export function outcomeOf(policy: LoadedPolicy, subject: Subject): Outcome {
  try {
    return policy.inScope(subject) && asBoolean(policy.evaluate(subject)) ? 'satisfied' : 'unsatisfied';
  } catch {
    return 'error';
  }
}

/** `undefined`: the arguments have no mapping, so the engine denies before it looks at any policy. */
export function subjectFor(request: AnyRequest, facts: Facts): Subject | undefined {
  const server = controlFacts(request) ?? facts.servers[itemOf(request)?.server ?? ''];
  if (server === undefined) return undefined;
  const resourceId = resourceIdOf(request);
  const args = isAdminRequest(request) ? undefined : request.context.arguments;
  const shape = request.action === 'call_tool' ? facts.shapes[resourceId] : undefined;
  const principalType = request.principal.kind === 'person' ? 'Person' : 'Workload';
  try {
    const read = shape === undefined || args === undefined ? undefined : buildArgumentReader(shape)(args);
    return { request, principalType, resourceType: resourceTypeOf(request), resourceId, server, arguments: read };
  } catch {
    return undefined;
  }
}

function leavesOf(expr: Expr): readonly Expr[] {
  if (expr[0] === 'and' || expr[0] === 'or') return [...leavesOf(expr[1]), ...leavesOf(expr[2])];
  if (expr[0] === 'not') return leavesOf(expr[1]);
  return expr[0] === 'if' ? [...leavesOf(expr[1]), ...leavesOf(expr[2]), ...leavesOf(expr[3])] : [expr];
}

type Probe = (subject: Subject) => string;

/** What a leaf of a condition shows: true, false or error; of a comparison, the side, and whether it is the edge. */
function compileProbe(leaf: Expr): Probe {
  const sides = isBinary(leaf) ? [leaf[1], leaf[2]] : leaf[0] === 'call' ? leaf[2] : [];
  const [left, right] = sides.map(compileExpr);
  const whole = compileExpr(leaf);
  return (subject) => {
    const verdict = attempt(() => (whole(subject) === true ? 'true' : 'false'));
    if (left === undefined || right === undefined) return verdict;
    return `${verdict} ${attempt(() => distance(left(subject), right(subject)))}`;
  };
}

function distance(left: Value, right: Value): string {
  const [from, to] = [amountOf(left), amountOf(right)];
  if (from === undefined || to === undefined) return '';
  const gap = to - from;
  return gap === 0n ? 'equal' : `${gap > 0n ? 'below' : 'above'} ${gap * gap === 1n ? 'near' : 'far'}`;
}

function amountOf(value: Value): bigint | undefined {
  if (isLong(value)) return BigInt(value);
  return typeof value === 'object' && 'amount' in value ? BigInt(value.amount) : undefined;
}

function attempt(run: () => string): string {
  try {
    return run();
  } catch {
    return 'error';
  }
}
