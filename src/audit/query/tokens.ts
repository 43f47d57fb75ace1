import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';

/** `column`: of its first character, from 1. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'operator' | 'mark' | 'end';
  readonly text: string;
  readonly column: number;
}

const PATTERN = /\s*(?:(?<quoted>"(?:[^"\\]|\\["\\])*")|(?<operator>!=|!~|<=|>=|[=<>~])|(?<mark>[(),])|(?<word>[^\s()",=!<>~]+))/y;

/** A filter's words, one after the other, in one pass. Throws `ERR_QUERY_INVALID`. */
export function readTokens(text: string): readonly Token[] {
  if (text.length > LIMITS.filterCharsMax) throw invalid(LIMITS.filterCharsMax, `a filter has at most ${LIMITS.filterCharsMax} characters`);
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (let at = 0; at < end;) {
    PATTERN.lastIndex = at;
    const found = PATTERN.exec(text);
    if (found?.groups === undefined) throw unreadable(text, at);
    const { quoted, operator, mark, word } = found.groups;
    const raw = quoted ?? operator ?? mark ?? word ?? '';
    const kind = quoted !== undefined ? 'quoted' : operator !== undefined ? 'operator' : mark !== undefined ? 'mark' : 'word';
    at = PATTERN.lastIndex;
    tokens.push({ kind, text: quoted === undefined ? raw : raw.slice(1, -1).replaceAll(/\\(["\\])/g, '$1'), column: at - raw.length + 1 });
  }
  return [...tokens, { kind: 'end', text: '', column: end + 1 }];
}

/** A mistake at a column (from 1) of the text. */
export function invalid(column: number, message: string, remedy = 'The language is in docs/audit/query.md.'): SallyportError {
  return new SallyportError('ERR_QUERY_INVALID', `column ${column}: ${message}`, { remedy, data: { column } });
}

function unreadable(text: string, from: number): SallyportError {
  const at = from + text.slice(from).search(/\S/);
  if (text[at] === '"') return invalid(at + 1, 'a quotation is not closed, or has a backslash before something else than " or \\');
  return invalid(at + 1, `"${text[at] ?? ''}" means nothing here`);
}
