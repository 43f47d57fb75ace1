import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Problem } from './diagnostic.ts';
import { EXTENSION_METHODS } from './extensions.ts';
import type { BinaryOperator, EntityName, Expr, ExtensionKind, ProgramPolicy, Scope, UnaryOperator, Variable } from './program.ts';
import type { AnyAction } from './vocabulary.ts';
import { ANY_ACTIONS, expandAction } from './vocabulary.ts';

/** One policy in our form, without what its annotations mean. */
export type Draft = Omit<ProgramPolicy, 'id' | 'obligations'> & { readonly annotations: Readonly<Record<string, string>> };

/** What the compiler does not know is refused, never passed over. */
export class UntranslatableError extends Error {
  readonly problem: Problem;
  constructor(message: string, remedy: string) {
    super(message);
    this.problem = { code: 'ERR_POLICY_UNSUPPORTED', message, remedy };
  }
}

/** Translates Cedar's JSON form of one policy. Throws `UntranslatableError`. */
export function translatePolicy(policy: JsonObject): Draft {
  const { effect, annotations } = policy;
  if (effect !== 'permit' && effect !== 'forbid') throw unknown('effect');
  const clauses = listOf(policy['conditions']).map(translateClause);
  return {
    effect,
    principal: translateScope(objectOf(policy['principal'])),
    actions: translateActions(objectOf(policy['action'])),
    resource: translateScope(objectOf(policy['resource'])),
    condition: clauses.length === 0 ? ['value', true] : clauses.reduce((left, right): Expr => ['and', left, right]),
    annotations: Object.fromEntries(Object.entries(isObject(annotations) ? annotations : {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : '',
    ])),
  };
}

function translateClause(json: Json): Expr {
  const clause = objectOf(json);
  const body = translate(objectOf(clause['body']));
  return clause['kind'] === 'unless' ? ['not', body] : body;
}

function translateScope(scope: JsonObject): Scope {
  const { op } = scope;
  if (op === 'All') return {};
  if (op === '==') return { exactly: nameOf(scope['entity']) };
  if (op === 'in') return { in: nameOf(scope['entity']) };
  if (op !== 'is') throw unknown('scope');
  const is = stringOf(scope['entity_type']);
  return scope['in'] === undefined ? { is } : { is, in: nameOf(objectOf(scope['in'])['entity']) };
}

function translateActions(scope: JsonObject): readonly AnyAction[] | null {
  if (scope['op'] === 'All') return null;
  const entities = scope['entities'] === undefined ? [scope['entity']] : listOf(scope['entities']);
  const ids = entities.map((entity) => nameOf(entity)[1]);
  const expanded = new Set(ids.flatMap((id) => (scope['op'] === '==' ? ANY_ACTIONS.filter((action) => action === id) : (expandAction(id) ?? []))));
  return ANY_ACTIONS.filter((action) => expanded.has(action));
}

const VARIABLES: readonly string[] = ['principal', 'action', 'resource'] satisfies Variable[];
const UNARY: Readonly<Record<string, UnaryOperator>> = { '!': 'not', neg: 'neg', isEmpty: 'isEmpty' };
const BINARY: Readonly<Record<string, BinaryOperator>> = {
  '&&': 'and', '||': 'or', '==': 'eq', '<': 'lt', '<=': 'le', '+': 'add', '-': 'sub', '*': 'mul',
  contains: 'contains', containsAll: 'containsAll', containsAny: 'containsAny',
};
const CONSTRUCTORS: readonly string[] = ['decimal', 'ip', 'datetime', 'duration'] satisfies ExtensionKind[];

function isVariable(name: Json | undefined): name is Variable {
  return typeof name === 'string' && VARIABLES.includes(name);
}

function isConstructor(name: string): name is ExtensionKind {
  return CONSTRUCTORS.includes(name);
}

/** An expression is an object with one key: its operator. */
function translate(json: JsonObject): Expr {
  const [operator, ...others] = Object.keys(json);
  if (operator === undefined || others.length > 0) throw unknown('expression');
  const operand = json[operator];
  if (operator === 'Value') return translateValue(operand);
  if (operator === 'Var') return translateVariable(operand);
  if (operator === 'Set') return ['set', listOf(operand).map((item) => translate(objectOf(item)))];
  if (operator === 'Record') return ['record', Object.entries(objectOf(operand)).map(([name, inner]) => [name, translate(objectOf(inner))])];
  if (isArray(operand)) return translateCall(operator, operand);
  const parts = objectOf(operand);
  const unary = Object.hasOwn(UNARY, operator) ? UNARY[operator] : undefined;
  if (unary !== undefined) return [unary, inside(parts, 'arg')];
  const binary = Object.hasOwn(BINARY, operator) ? BINARY[operator] : undefined;
  if (binary !== undefined) return [binary, inside(parts, 'left'), inside(parts, 'right')];
  switch (operator) {
    case '!=':
      return ['not', ['eq', inside(parts, 'left'), inside(parts, 'right')]];
    case '>':
      return ['lt', inside(parts, 'right'), inside(parts, 'left')];
    case '>=':
      return ['le', inside(parts, 'right'), inside(parts, 'left')];
    case '.':
      return translateGet(parts);
    case 'has':
      return translateHas(parts);
    case 'like':
      return ['like', inside(parts, 'left'), translatePattern(listOf(parts['pattern']))];
    case 'is':
      return translateIs(parts);
    case 'in':
      return ['in', variableOf(parts['left']), translateNames(objectOf(parts['right']))];
    case 'if-then-else':
      return ['if', inside(parts, 'if'), inside(parts, 'then'), inside(parts, 'else')];
    default:
      throw unknown(operator);
  }
}

function translateValue(value: Json | undefined): Expr {
  if (typeof value === 'boolean' || typeof value === 'string') return ['value', value];
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return ['value', value];
    throw new UntranslatableError('an integer beyond ±(2^53 - 1) is not supported', 'use a smaller number');
  }
  return ['entity', ...nameOf(value)];
}

function translateVariable(name: Json | undefined): Expr {
  if (isVariable(name)) return ['variable', name];
  throw new UntranslatableError('the context as a whole is not a value here', 'read one attribute, such as context.zone');
}

function isContext(json: Json | undefined): boolean {
  return isObject(json) && json['Var'] === 'context';
}

function translateGet(parts: JsonObject): Expr {
  const name = stringOf(parts['attr']);
  if (isContext(parts['left'])) return ['context', name];
  return ['get', recordOrVariable(inside(parts, 'left')), name];
}

/** `e has a.b.c` is `e has a && e.a has b && e.a.b has c`. */
function translateHas(parts: JsonObject): Expr {
  const names = isArray(parts['attr']) ? parts['attr'].map(stringOf) : [stringOf(parts['attr'])];
  const [first = '', ...rest] = names;
  let tests: Expr;
  let reached: Expr;
  if (isContext(parts['left'])) {
    tests = ['contextHas', first];
    reached = ['context', first];
  } else {
    const of = recordOrVariable(inside(parts, 'left'));
    tests = ['has', of, first];
    reached = ['get', of, first];
  }
  for (const name of rest) {
    tests = ['and', tests, ['has', reached, name]];
    reached = ['get', reached, name];
  }
  return tests;
}

/** Only the request's own entities are known, so attributes of a named entity would always be missing. */
function recordOrVariable(expr: Expr): Expr {
  if (expr[0] === 'entity') throw new UntranslatableError('attributes of a named entity are not known', 'read them of principal or resource');
  if (expr[0] === 'if') throw new UntranslatableError('attributes of an if-then-else are not supported', 'put the attribute inside its branches');
  return expr;
}

function translatePattern(parts: readonly Json[]): readonly (string | null)[] {
  const pattern: (string | null)[] = [];
  for (const part of parts) {
    const last = pattern.at(-1);
    if (part === 'Wildcard') pattern.push(null);
    else if (typeof last === 'string') pattern[pattern.length - 1] = last + stringOf(objectOf(part)['Literal']);
    else pattern.push(stringOf(objectOf(part)['Literal']));
  }
  return pattern;
}

function translateIs(parts: JsonObject): Expr {
  const variable = variableOf(parts['left']);
  const is: Expr = ['is', variable, stringOf(parts['entity_type'])];
  return parts['in'] === undefined ? is : ['and', is, ['in', variable, translateNames(objectOf(parts['in']))]];
}

function variableOf(json: Json | undefined): Variable {
  const name = isObject(json) ? json['Var'] : undefined;
  if (isVariable(name)) return name;
  throw new UntranslatableError('`is` and `in` are asked of principal, action or resource only', 'name one of them on the left');
}

function translateNames(right: JsonObject): readonly EntityName[] {
  const items = right['Set'] === undefined ? [right] : listOf(right['Set']).map(objectOf);
  return items.map((item) => {
    if (!isObject(item['Value'])) throw new UntranslatableError('the right side of `in` must name entities', 'write Group::"name" or a list of such names');
    return nameOf(item['Value']);
  });
}

function translateCall(name: string, args: readonly Json[]): Expr {
  const translated = args.map((arg) => translate(objectOf(arg)));
  const [first] = translated;
  if (isConstructor(name)) {
    if (first?.[0] === 'value' && typeof first[1] === 'string') return ['extension', name, first[1]];
    throw new UntranslatableError(`${name}() takes a literal text`, `write the value itself, such as ${name}("…")`);
  }
  if (!Object.hasOwn(EXTENSION_METHODS, name) || EXTENSION_METHODS[name]?.takes !== args.length) throw unknown(name);
  return ['call', name, translated];
}

function inside(parts: JsonObject, key: string): Expr {
  return translate(objectOf(parts[key]));
}

function nameOf(json: Json | undefined): EntityName {
  const outer = objectOf(json);
  const inner = isObject(outer['__entity']) ? outer['__entity'] : outer;
  return [stringOf(inner['type']), stringOf(inner['id'])];
}

function objectOf(json: Json | undefined): JsonObject {
  if (isObject(json)) return json;
  throw unknown('form');
}

function listOf(json: Json | undefined): readonly Json[] {
  if (isArray(json)) return json;
  throw unknown('form');
}

function stringOf(json: Json | undefined): string {
  if (typeof json === 'string') return json;
  throw unknown('form');
}

function unknown(what: string): UntranslatableError {
  return new UntranslatableError(`the compiler does not know \`${what}\``, 'write the condition with another operator');
}
