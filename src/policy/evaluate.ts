import { EXTENSION_METHODS, readExtension } from './extensions.ts';
import { compilePattern } from './pattern.ts';
import type { BinaryOperator, EntityName, Expr, Scope, Variable } from './program.ts';
import { isBinary } from './program.ts';
import type { Subject } from './subject.ts';
import { attributeReader, entityOf, itemOf, require } from './subject.ts';
import type { ExtensionValue, Long, SetValue, Value } from './values.ts';
import { EvaluationError, addLongs, equal, includes, includesAll, includesAny, isLong, multiplyLongs, subtractLongs } from './values.ts';
import { expandAction } from './vocabulary.ts';

/** A closure over one condition: built once when a program is loaded, with Cedar's semantics. Throws `EvaluationError`. */
export type Evaluate = (subject: Subject) => Value;

/** Builds the closure of a condition. Throws (anything) on a form that is none of ours: the program is then invalid. */
export function compileExpr(expr: Expr): Evaluate {
  if (isBinary(expr)) return BINARY[expr[0]](compileExpr(expr[1]), compileExpr(expr[2]));
  switch (expr[0]) {
    case 'value': {
      const value = expr[1];
      return () => value;
    }
    case 'entity': {
      const entity: Value = { kind: 'entity', type: expr[1], id: expr[2] };
      return () => entity;
    }
    case 'extension': {
      const value = readExtension(expr[1], expr[2]);
      return () => value;
    }
    case 'set': {
      const items = expr[1].map(compileExpr);
      return (subject) => ({ kind: 'set', items: items.map((item) => item(subject)) });
    }
    case 'record': {
      const fields = expr[1].map(([name, inner]) => [name, compileExpr(inner)] as const);
      return (subject) => ({ kind: 'record', fields: new Map(fields.map(([name, inner]) => [name, inner(subject)])) });
    }
    case 'variable': {
      const variable = expr[1];
      return (subject) => entityOf(subject, variable);
    }
    case 'context':
      return required(attributeReader('context', expr[1]), expr[1]);
    case 'contextHas': {
      const read = attributeReader('context', expr[1]);
      return (subject) => read(subject) !== undefined;
    }
    case 'get':
      return compileGet(expr[1], expr[2]);
    case 'has':
      return compileHas(expr[1], expr[2]);
    case 'if': {
      const [test, then, otherwise] = [compileExpr(expr[1]), compileExpr(expr[2]), compileExpr(expr[3])];
      return (subject) => (asBoolean(test(subject)) ? then(subject) : otherwise(subject));
    }
    case 'like': {
      const [text, matches] = [compileExpr(expr[1]), compilePattern(expr[2])];
      return (subject) => matches(asString(text(subject)));
    }
    case 'is':
      return compileIs(expr[1], expr[2]);
    case 'in':
      return compileIn(expr[1], expr[2]);
    case 'call':
      return compileCall(expr[1], expr[2].map(compileExpr));
    case 'not': {
      const inner = compileExpr(expr[1]);
      return (subject) => !asBoolean(inner(subject));
    }
    case 'neg': {
      const inner = compileExpr(expr[1]);
      return (subject) => subtractLongs(0, asLong(inner(subject)));
    }
    case 'isEmpty': {
      const inner = compileExpr(expr[1]);
      return (subject) => asSet(inner(subject)).items.length === 0;
    }
    default:
      throw new TypeError('unknown condition');
  }
}

type Build = (left: Evaluate, right: Evaluate) => Evaluate;

const BINARY: Readonly<Record<BinaryOperator, Build>> = {
  and: (left, right) => (subject) => asBoolean(left(subject)) && asBoolean(right(subject)),
  or: (left, right) => (subject) => asBoolean(left(subject)) || asBoolean(right(subject)),
  eq: (left, right) => (subject) => equal(left(subject), right(subject)),
  lt: (left, right) => (subject) => compare(left(subject), right(subject)) < 0,
  le: (left, right) => (subject) => compare(left(subject), right(subject)) <= 0,
  add: (left, right) => (subject) => addLongs(asLong(left(subject)), asLong(right(subject))),
  sub: (left, right) => (subject) => subtractLongs(asLong(left(subject)), asLong(right(subject))),
  mul: (left, right) => (subject) => multiplyLongs(asLong(left(subject)), asLong(right(subject))),
  contains: (left, right) => (subject) => includes(asSet(left(subject)), right(subject)),
  containsAll: (left, right) => (subject) => includesAll(asSet(left(subject)), asSet(right(subject))),
  containsAny: (left, right) => (subject) => includesAny(asSet(left(subject)), asSet(right(subject))),
};

/** The order of two longs, datetimes or durations: negative, zero or positive. */
function compare(left: Value, right: Value): number {
  if (isLong(left) && isLong(right)) return order(left, right);
  if (typeof left === 'object' && typeof right === 'object' && left.kind === right.kind) {
    if ((left.kind === 'datetime' || left.kind === 'duration') && right.kind === left.kind) return order(left.amount, right.amount);
  }
  throw new EvaluationError('values of these types have no order');
}

function order(left: Long, right: Long): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

function compileGet(of: Expr, name: string): Evaluate {
  if (of[0] === 'variable') return required(attributeReader(of[1], name), name);
  const record = compileExpr(of);
  return (subject) => require(fieldsOf(record(subject)).get(name), name);
}

function compileHas(of: Expr, name: string): Evaluate {
  if (of[0] === 'variable') {
    const read = attributeReader(of[1], name);
    return (subject) => read(subject) !== undefined;
  }
  const record = compileExpr(of);
  return (subject) => fieldsOf(record(subject)).has(name);
}

function required(read: (subject: Subject) => Value | undefined, name: string): Evaluate {
  return (subject) => require(read(subject), name);
}

function fieldsOf(value: Value): ReadonlyMap<string, Value> {
  if (typeof value === 'object' && value.kind === 'record') return value.fields;
  throw new EvaluationError('expected a record');
}

function compileCall(name: string, args: readonly Evaluate[]): Evaluate {
  const method = Object.hasOwn(EXTENSION_METHODS, name) ? EXTENSION_METHODS[name] : undefined;
  const [self, other] = args;
  if (method === undefined || self === undefined || args.length !== method.takes) throw new TypeError('unknown function');
  const run = method.run;
  return (subject) => {
    const left = asExtension(self(subject));
    return run(left, other === undefined ? undefined : asExtension(other(subject)));
  };
}

function compileIs(variable: Variable, type: string): Evaluate {
  if (variable === 'principal') return (subject) => subject.principalType === type;
  if (variable === 'resource') return (subject) => subject.resourceType === type;
  return () => type === 'Action';
}

function compileIn(variable: Variable, names: readonly EntityName[]): Evaluate {
  const tests = names.map((name) => compileMembership(variable, name));
  return (subject) => tests.some((test) => test(subject));
}

type Test = (subject: Subject) => boolean;

/** Whether the entity is, or belongs to, one named entity. */
function compileMembership(variable: Variable, [type, id]: EntityName): Test {
  if (variable === 'action') {
    const actions: readonly string[] = type === 'Action' ? (expandAction(id) ?? []) : [];
    return ({ request }) => actions.includes(request.action);
  }
  if (variable === 'principal') {
    if (type === 'Group') return ({ request }) => request.principal.groups.includes(id);
    return (subject) => subject.principalType === type && subject.request.principal.id === id;
  }
  if (type === 'Server') return ({ request }) => itemOf(request)?.server === id;
  if (type === 'Space') return ({ server }) => server.space === id;
  if (type === 'Toolset') return ({ request }) => itemOf(request)?.toolsets.includes(id) ?? false;
  return (subject) => subject.resourceType === type && subject.resourceId === id;
}

/** The test of a principal or resource scope. */
export function compileScope(variable: 'principal' | 'resource', scope: Scope): Test {
  const tests: Test[] = [];
  if (scope.is !== undefined) {
    const type = scope.is;
    tests.push(variable === 'principal' ? (subject) => subject.principalType === type : (subject) => subject.resourceType === type);
  }
  if (scope.in !== undefined) tests.push(compileMembership(variable, scope.in));
  if (scope.exactly !== undefined) {
    const [type, id] = scope.exactly;
    tests.push((subject) => {
      if (variable === 'principal') return subject.principalType === type && subject.request.principal.id === id;
      return subject.resourceType === type && subject.resourceId === id;
    });
  }
  return (subject) => tests.every((test) => test(subject));
}

export function asBoolean(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw new EvaluationError('expected a boolean');
}

function asString(value: Value): string {
  if (typeof value === 'string') return value;
  throw new EvaluationError('expected a string');
}

function asLong(value: Value): Long {
  if (isLong(value)) return value;
  throw new EvaluationError('expected an integer');
}

function asSet(value: Value): SetValue {
  if (typeof value === 'object' && value.kind === 'set') return value;
  throw new EvaluationError('expected a set');
}

function asExtension(value: Value): ExtensionValue {
  if (typeof value === 'object' && value.kind !== 'set' && value.kind !== 'record' && value.kind !== 'entity') return value;
  throw new EvaluationError('expected a decimal, IP address, datetime or duration');
}
