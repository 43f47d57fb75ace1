import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';

/**
 * A condition of STIX Patterning (2.1, 9) over variables, as far as CACAO's if-condition needs it: `__name__:value` compared by
 * `=`, `!=` or `IN (…)` with texts in single quotes, joined by AND, OR, NOT and parentheses. Anything else is refused.
 */
export type Condition =
  | { readonly kind: 'one-of'; readonly variable: string; readonly values: readonly string[]; readonly negated: boolean }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition };

const TOKEN = /\s*(?:(?<variable>__[a-z][a-z0-9_]{0,60}__):value|'(?<text>(?:[^'\\]|\\['\\])*)'|(?<word>AND|OR|NOT|IN|!=|==?|\(|\)|,))/y;

interface Token {
  readonly kind: 'variable' | 'text' | 'word';
  readonly value: string;
}

/** Throws `ERR_PLAYBOOK_INVALID`. */
export function parseCondition(source: string): Condition {
  const tokens = tokensOf(source);
  let [at, depth] = [0, 0];
  const peek = (word: string): boolean => tokens[at]?.kind === 'word' && tokens[at]?.value === word;
  const take = (kind: Token['kind'], word?: string): string => {
    const token = tokens[at];
    if (token?.kind !== kind || (word !== undefined && token.value !== word)) throw unreadable(source, word ?? kind);
    at += 1;
    return token.value;
  };
  const list = (): readonly string[] => {
    take('word', '(');
    const values = [take('text')];
    while (peek(',')) {
      at += 1;
      values.push(take('text'));
    }
    take('word', ')');
    return values;
  };
  const one = (): Condition => {
    if (peek('NOT')) {
      at += 1;
      return { kind: 'not', part: one() };
    }
    if (peek('(')) {
      depth += 1;
      if (depth > LIMITS.playbookDepthMax) throw unreadable(source, 'fewer parentheses');
      at += 1;
      const inner = any();
      take('word', ')');
      depth -= 1;
      return inner;
    }
    const variable = take('variable');
    if (peek('IN')) {
      at += 1;
      return { kind: 'one-of', variable, values: list(), negated: false };
    }
    const negated = peek('!=');
    if (!negated && !peek('=') && !peek('==')) throw unreadable(source, '=, != or IN');
    at += 1;
    return { kind: 'one-of', variable, values: [take('text')], negated };
  };
  const joined = (kind: 'and' | 'or', word: string, part: () => Condition): Condition => {
    const parts = [part()];
    while (peek(word)) {
      at += 1;
      parts.push(part());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind, parts };
  };
  const all = (): Condition => joined('and', 'AND', one);
  const any = (): Condition => joined('or', 'OR', all);
  const condition = any();
  if (at < tokens.length) throw unreadable(source, 'its end');
  return condition;
}

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const text = source.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups;
    const tooMany = tokens.length > LIMITS.playbookListMax * 2;
    if (groups === undefined || tooMany) throw unreadable(source, 'a variable, a text in single quotes, AND, OR, NOT or IN');
    const { variable, text: quoted, word } = groups;
    if (variable !== undefined) tokens.push({ kind: 'variable', value: variable });
    else if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted.replaceAll(/\\(['\\])/g, '$1') });
    else tokens.push({ kind: 'word', value: word ?? '' });
  }
  return tokens;
}

function unreadable(source: string, wanted: string): SallyportError {
  return new SallyportError('ERR_PLAYBOOK_INVALID', `a condition cannot be read: ${JSON.stringify(source.slice(0, 200))} wants ${wanted}`, {
    remedy: "Compare variables with texts: __severity__:value IN ('high', 'critical') AND __server__:value != ''.",
  });
}

/** Names of the variables that it reads. */
export function variablesOf(condition: Condition): readonly string[] {
  if (condition.kind === 'one-of') return [condition.variable];
  return condition.kind === 'not' ? variablesOf(condition.part) : condition.parts.flatMap(variablesOf);
}

/** What is unknown is equal to nothing but the empty text. */
export function holds(condition: Condition, valueOf: (variable: string) => string | null): boolean {
  if (condition.kind === 'one-of') return condition.values.includes(valueOf(condition.variable) ?? '') !== condition.negated;
  if (condition.kind === 'not') return !holds(condition.part, valueOf);
  const holding = (part: Condition): boolean => holds(part, valueOf);
  return condition.kind === 'and' ? condition.parts.every(holding) : condition.parts.some(holding);
}
