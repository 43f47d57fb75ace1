/** One policy of a file, with its place. */
export interface Chunk {
  readonly file: string;
  readonly text: string;
  /** Where the policy's first token stands, from 1. */
  readonly line: number;
  readonly column: number;
  /** Brackets and `if`s inside each other, at the deepest; and how many operators there are. */
  readonly depth: number;
  readonly operators: number;
}

/**
 * Cuts Cedar text into policies at each `;` outside strings and comments. Text after the last `;` is a policy too, so that
 * nothing in a file is passed over: Cedar's parser then says what is missing. Comments before a policy are cut off.
 */
export function splitPolicies(file: string, text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let [at, start, depth, deepest, operators] = [0, -1, 0, 0, 0];
  const lines = lineStarts(text);
  const finish = (end: number): void => {
    if (start >= 0) chunks.push({ file, text: text.slice(start, end), ...placeOf(lines, start), depth: deepest, operators });
    [start, depth, deepest, operators] = [-1, 0, 0, 0];
  };
  for (const token of text.matchAll(/\/\/[^\n\r]*|"(?:\\[\s\S]|[^"\\])*"?|[A-Za-z_]\w*|\s+|[\s\S]/g)) {
    at = token.index + token[0].length;
    const first = token[0].charAt(0);
    if (token[0].startsWith('//') || first.trim() === '') continue;
    if (start < 0) start = token.index;
    if ('([{'.includes(first) || token[0] === 'if') deepest = Math.max(deepest, (depth += 1));
    if (')]}'.includes(first)) depth -= 1;
    if ('&|+-*.!<>='.includes(first) || token[0] === 'if') operators += 1;
    if (first === ';') finish(at);
  }
  finish(text.length);
  return chunks;
}

/** Line and column (from 1) of an offset inside a chunk. */
export function placeInside(chunk: Chunk, offset: number): { readonly line: number; readonly column: number } {
  const place = placeOf(lineStarts(chunk.text), Math.min(offset, chunk.text.length));
  return { line: chunk.line + place.line - 1, column: place.line === 1 ? chunk.column + place.column - 1 : place.column };
}

/** Cedar counts bytes of UTF-8; editors and we count UTF-16 units. */
export function unitOffset(text: string, byteOffset: number): number {
  return Buffer.from(text, 'utf8').subarray(0, byteOffset).toString('utf8').length;
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function placeOf(starts: readonly number[], offset: number): { readonly line: number; readonly column: number } {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
