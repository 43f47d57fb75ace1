import { LIMITS } from '../../domain/limits.ts';
import { FIELD_NAMES, fieldOf, isField } from './fields.ts';
import type { FieldName } from './fields.ts';
import type { Condition, Filter, Grouping, Question } from './filter.ts';
import { EVERYTHING } from './filter.ts';
import { nearest } from './nearest.ts';
import { invalid, readTokens } from './tokens.ts';
import type { Token } from './tokens.ts';
import { readComparison, readEqual } from './values.ts';

/**
 * Reads a question: `<filter> [count by <field>, …]`; both parts may be absent. `now` (epoch ms) is what spans such as `2h` count
 * back from. Each word is looked at once. Throws `ERR_QUERY_INVALID` with the column of the first mistake.
 */
export function parseQuestion(text: string, now: number): Question {
  const words = new Words(readTokens(text));
  const filter = words.isAtEnd || words.isNext('count') ? EVERYTHING : either(words, now, 0);
  const countBy = words.take('count') ? readGroupings(words) : [];
  words.expectEnd();
  if (leavesOutId(filter, false)) throw invalid(1, 'an exchange or trace can be asked for, not left out');
  return { filter, countBy };
}

/** Of ids the index holds a part: it can find too much, which is then looked at, and must never leave out too much. */
function leavesOutId(filter: Filter, negated: boolean): boolean {
  if (filter.kind === 'not') return leavesOutId(filter.part, !negated);
  if ('parts' in filter) return filter.parts.some((part) => leavesOutId(part, negated));
  return negated && filter.kind !== 'has' && fieldOf(filter.field).kind === 'id';
}

/** Where reading is. */
class Words {
  readonly #tokens: readonly Token[];
  #at = 0;
  #conditions = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', column: 1 };
  }

  get isAtEnd(): boolean {
    return this.next.kind === 'end';
  }

  pass(): Token {
    const token = this.next;
    this.#at += 1;
    return token;
  }

  /** Whether a keyword (in any case) or a mark comes next. */
  isNext(text: string): boolean {
    const { kind, text: found } = this.next;
    return (kind === 'word' && found.toLowerCase() === text) || (kind === 'mark' && found === text);
  }

  take(text: string): boolean {
    if (!this.isNext(text)) return false;
    this.pass();
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw invalid(this.next.column, `"${text}" is expected here${this.#instead()}`);
  }

  expectEnd(): void {
    if (!this.isAtEnd) throw invalid(this.next.column, `"and", "or" or the end is expected here${this.#instead()}`);
  }

  countCondition(): void {
    this.#conditions += 1;
    if (this.#conditions > LIMITS.filterConditionsMax) throw invalid(this.next.column, `a filter has at most ${LIMITS.filterConditionsMax} conditions`);
  }

  #instead(): string {
    return this.isAtEnd ? '' : `, not "${this.next.text}"`;
  }
}

function either(words: Words, now: number, depth: number): Filter {
  const parts = [both(words, now, depth)];
  while (words.take('or')) parts.push(both(words, now, depth));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'or', parts };
}

function both(words: Words, now: number, depth: number): Filter {
  const parts = [single(words, now, depth)];
  while (words.take('and')) parts.push(single(words, now, depth));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'and', parts };
}

function single(words: Words, now: number, depth: number): Filter {
  if (depth > LIMITS.filterDepthMax) throw invalid(words.next.column, `a filter is at most ${LIMITS.filterDepthMax} levels deep`);
  if (words.take('not')) return { kind: 'not', part: single(words, now, depth + 1) };
  if (words.take('(')) {
    const inner = either(words, now, depth + 1);
    words.expect(')');
    return inner;
  }
  words.countCondition();
  if (words.take('has')) return { kind: 'has', field: readField(words) };
  return condition(words, now);
}

function condition(words: Words, now: number): Filter {
  const field = readField(words);
  if (words.take('in')) return { kind: 'equal', field, values: readValues(words, field) };
  const operator = words.pass();
  if (operator.kind !== 'operator') throw invalid(operator.column, `a comparison is expected after "${field}": =, !=, ~, !~, <, <=, >, >= or in (…)`);
  const value = readValue(words);
  const positive = { ...operator, text: operator.text.replace('!', '') };
  const read: Condition = readComparison(field, positive, value, now);
  return operator.text.startsWith('!') ? { kind: 'not', part: read } : read;
}

function readField(words: Words): FieldName {
  const { kind, text, column } = words.pass();
  if (kind === 'word' && isField(text)) return text;
  if (kind === 'end') throw invalid(column, 'a field is expected here', `Fields: ${FIELD_NAMES.join(', ')}.`);
  throw invalid(column, `there is no field "${text.slice(0, 40)}"${nearest(text, FIELD_NAMES)}`, `Fields: ${FIELD_NAMES.join(', ')}.`);
}

function readValue(words: Words): Token {
  const value = words.pass();
  if (value.kind !== 'word' && value.kind !== 'quoted') throw invalid(value.column, 'a value is expected here; put it in "…" if it has spaces or signs');
  if (value.text.length > LIMITS.nameLengthMax) throw invalid(value.column, `a value has at most ${LIMITS.nameLengthMax} characters`);
  return value;
}

function readValues(words: Words, field: FieldName): readonly string[] {
  words.expect('(');
  const values = [readEqual(field, readValue(words))];
  while (words.take(',')) {
    if (values.length >= LIMITS.filterValuesMax) throw invalid(words.next.column, `at most ${LIMITS.filterValuesMax} values can be listed`);
    values.push(readEqual(field, readValue(words)));
  }
  words.expect(')');
  return values;
}

const GROUPINGS_MAX = 3;

function readGroupings(words: Words): readonly Grouping[] {
  words.expect('by');
  const names: Grouping[] = [];
  do {
    const { text, column } = words.next;
    const name = text === 'day' || text === 'hour' ? text : readField(words);
    if (name === text && (name === 'day' || name === 'hour')) words.pass();
    else if (isField(name) && (fieldOf(name).kind === 'id' || fieldOf(name).kind === 'time' || name === 'position')) {
      throw invalid(column, `records cannot be counted by "${name}"`, 'Count by day or hour, or by a field with few values.');
    }
    if (names.length >= GROUPINGS_MAX) throw invalid(column, `records are counted by at most ${GROUPINGS_MAX} fields`);
    names.push(name);
  } while (words.take(','));
  return names;
}
