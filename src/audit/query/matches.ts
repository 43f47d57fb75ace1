import type { Condition, Filter } from './filter.ts';
import type { Row } from './row.ts';

/** Whether a record is wanted: what the index says of it in SQL, said of the record itself. */
export function matches(filter: Filter, row: Row): boolean {
  if ('parts' in filter) return filter.kind === 'and' ? filter.parts.every((part) => matches(part, row)) : filter.parts.some((part) => matches(part, row));
  return filter.kind === 'not' ? !matches(filter.part, row) : holds(filter, row);
}

function holds(condition: Condition, row: Row): boolean {
  const value = row[condition.field];
  if (value === undefined) return false;
  if (condition.kind === 'has') return true;
  if (condition.kind === 'number') return typeof value === 'number' && compares(value, condition);
  const texts = typeof value === 'string' ? [value] : typeof value === 'number' ? [] : value;
  if (condition.kind === 'equal') return texts.some((text) => condition.values.includes(text));
  return texts.some((text) => globs(condition.pattern, text));
}

function compares(left: number, { operator, value: right }: Extract<Condition, { kind: 'number' }>): boolean {
  if (left === right) return operator.endsWith('=');
  return operator.startsWith(left < right ? '<' : '>');
}

/** Characters are code points, as SQLite's GLOB counts them. At most pattern × text steps: after a star only the last one is tried again. */
function globs(pattern: string, text: string): boolean {
  const [wanted, found] = [Array.from(pattern), Array.from(text)];
  let [at, to] = [0, 0];
  let star = -1;
  let resume = 0;
  while (to < found.length) {
    if (wanted[at] === '*') {
      [star, resume] = [at, to];
      at += 1;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === found[to])) {
      at += 1;
      to += 1;
    } else if (star >= 0) {
      resume += 1;
      [at, to] = [star + 1, resume];
    } else return false;
  }
  return wanted.slice(at).every((character) => character === '*');
}
