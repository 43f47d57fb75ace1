import type { AccessRequest } from '../domain/decision.ts';
import { buildArgumentReader } from './arguments.ts';
import type { Problem } from './diagnostic.ts';
import { loadPolicy } from './engine.ts';
import type { LoadedPolicy } from './engine.ts';
import { asBoolean, compileExpr } from './evaluate.ts';
import type { Evaluate } from './evaluate.ts';
import { createDice, generateRequest, poolOf } from './generate.ts';
import type { Facts, Outcome } from './oracle.ts';
import { askOracle } from './oracle.ts';
import { operandsOf } from './possibility.ts';
import type { Expr, ProgramPolicy } from './program.ts';
import type { Subject } from './subject.ts';
import { resourceIdOf, resourceTypeOf } from './subject.ts';

/** Requests made for one policy, and those of them that Cedar judges too. */
const CANDIDATES = 24;
const COMPARED_MIN = 2;
const COMPARED_MAX = 6;

/**
 * Compares the compiled form of one policy with Cedar's own verdict. Many requests are made and run on the compiled form,
 * which is cheap; one is kept for each different path through the condition, so that few questions to Cedar cover
 * satisfied, not satisfied and error. A difference is a compile error: such a program is never released.
 */
export function compareWithCedar(text: string, policy: ProgramPolicy, facts: Facts, seed: number): Problem | undefined {
  const loaded = loadPolicy(policy);
  const chosen = chooseRequests(loaded, facts, seed);
  const theirs = askOracle(text, chosen.map(({ request }) => request), facts, attributesIn(policy.condition));
  const differs = chosen.findIndex(({ ours }, index) => ours !== theirs[index]);
  if (differs < 0) return undefined;
  return {
    code: 'ERR_POLICY_EQUIVALENCE',
    message: `the compiled form says ${chosen[differs]?.ours ?? ''}, Cedar says ${theirs[differs] ?? ''}`,
    remedy: 'write the condition in another way, and report this policy as a defect of the compiler',
  };
}

interface Chosen {
  readonly request: AccessRequest;
  readonly ours: Outcome;
}

function chooseRequests(loaded: LoadedPolicy, facts: Facts, seed: number): readonly Chosen[] {
  const dice = createDice(seed);
  const pool = poolOf(loaded.source);
  const leaves = leavesOf(loaded.source.condition).slice(0, 24).map(compileExpr);
  const byPath = new Map<string, Chosen>();
  for (let made = 0; made < CANDIDATES; made += 1) {
    const request = generateRequest(loaded.source, pool, facts, dice);
    const subject = subjectFor(request, facts);
    if (subject === undefined) continue;
    const ours = outcomeOf(loaded, subject);
    const path = `${ours} ${String(loaded.inScope(subject))} ${leaves.map((leaf) => mark(leaf, subject)).join('')}`;
    if (!byPath.has(path)) byPath.set(path, { request, ours });
  }
  return spread([...byPath.values()], Math.min(COMPARED_MAX, COMPARED_MIN + leaves.length));
}

function attributesIn(expr: Expr): ReadonlySet<string> {
  const names = new Set(operandsOf(expr).flatMap((operand) => [...attributesIn(operand)]));
  if (expr[0] === 'context' || expr[0] === 'contextHas') names.add(expr[1]);
  if (expr[0] === 'get' || expr[0] === 'has') names.add(expr[2]);
  return names;
}

/** A few of each outcome, taking turns. */
function spread(all: readonly Chosen[], count: number): readonly Chosen[] {
  const rows = (['satisfied', 'unsatisfied', 'error'] as const).map((outcome) => all.filter(({ ours }) => ours === outcome));
  const turns = Array.from({ length: count }, (_, turn) => rows.map((row) => row[turn]));
  return turns.flat().filter((chosen) => chosen !== undefined).slice(0, count);
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
export function subjectFor(request: AccessRequest, facts: Facts): Subject | undefined {
  const server = facts.servers[request.resource.server];
  if (server === undefined) return undefined;
  const resourceId = resourceIdOf(request);
  const shape = request.action === 'call_tool' ? facts.shapes[resourceId] : undefined;
  const principalType = request.principal.kind === 'person' ? 'Person' : 'Workload';
  try {
    const read = shape === undefined || request.context.arguments === undefined ? undefined : buildArgumentReader(shape)(request.context.arguments);
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

function mark(leaf: Evaluate, subject: Subject): string {
  try {
    return leaf(subject) === true ? 't' : 'f';
  } catch {
    return 'e';
  }
}
