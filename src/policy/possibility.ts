import { compileExpr } from './evaluate.ts';
import type { Expr } from './program.ts';
import { isBinary } from './program.ts';
import type { Subject } from './subject.ts';
import { UNKNOWN_AT_LISTING } from './vocabulary.ts';

/**
 * What a condition may still come to when arguments and the moving parts of the context are unknown: a set of outcomes
 * as bits (Kleene's logic with errors as a fourth value, since any error denies).
 */
export const TRUE = 1;
export const FALSE = 2;
export const ERROR = 4;
/** Some value that is no boolean. */
const OTHER = 8;
const ANY = TRUE | FALSE | ERROR | OTHER;

export type Outcomes = (subject: Subject) => number;

/**
 * Builds the three-valued closure of a condition: every outcome that some values of the unknown attributes lead to is in its set.
 * `unknown`: arguments and whatever else may differ between a listing and a call, if nothing else is said.
 */
export function compileOutcomes(expr: Expr, unknown: readonly string[] = UNKNOWN_AT_LISTING): Outcomes {
  const compile = (part: Expr): Outcomes => compileOutcomes(part, unknown);
  if (!readsContext(expr, unknown)) return exactOutcome(expr);
  if (expr[0] === 'and') return junction(compile(expr[1]), compile(expr[2]), TRUE, FALSE);
  if (expr[0] === 'or') return junction(compile(expr[1]), compile(expr[2]), FALSE, TRUE);
  if (expr[0] === 'contextHas') return () => TRUE | FALSE;
  if (expr[0] === 'not') {
    const inner = compile(expr[1]);
    return (subject) => negate(asCondition(inner(subject)));
  }
  if (expr[0] !== 'if') return () => ANY;
  const [test, then, otherwise] = [compile(expr[1]), compile(expr[2]), compile(expr[3])];
  return (subject) => {
    const bits = asCondition(test(subject));
    return (bits & ERROR) | (bits & TRUE ? then(subject) : 0) | (bits & FALSE ? otherwise(subject) : 0);
  };
}

function exactOutcome(expr: Expr): Outcomes {
  const evaluate = compileExpr(expr);
  return (subject) => {
    try {
      const value = evaluate(subject);
      if (typeof value !== 'boolean') return OTHER;
      return value ? TRUE : FALSE;
    } catch {
      return ERROR;
    }
  };
}

/** `&&` goes on when its left side is true and ends when it is false; `||` the other way round. */
function junction(left: Outcomes, right: Outcomes, goesOn: number, ends: number): Outcomes {
  return (subject) => {
    const first = asCondition(left(subject));
    const kept = first & (ends | ERROR);
    return first & goesOn ? kept | asCondition(right(subject)) : kept;
  };
}

function negate(bits: number): number {
  return (bits & ERROR) | (bits & TRUE ? FALSE : 0) | (bits & FALSE ? TRUE : 0);
}

/** Where a condition is expected, another value is an error. */
export function asCondition(bits: number): number {
  return bits & OTHER ? (bits & ~OTHER) | ERROR : bits;
}

/** Whether a condition reads any of these attributes of the context. */
export function readsContext(expr: Expr, attributes: readonly string[]): boolean {
  if (expr[0] === 'context' || expr[0] === 'contextHas') return attributes.includes(expr[1]);
  return operandsOf(expr).some((operand) => readsContext(operand, attributes));
}

/** The conditions inside a condition. */
export function operandsOf(expr: Expr): readonly Expr[] {
  if (isBinary(expr)) return [expr[1], expr[2]];
  if (expr[0] === 'set') return expr[1];
  if (expr[0] === 'record') return expr[1].map(([, inner]) => inner);
  if (expr[0] === 'call') return expr[2];
  if (expr[0] === 'if') return [expr[1], expr[2], expr[3]];
  const inner = expr[1];
  return typeof inner === 'object' ? [inner] : [];
}
