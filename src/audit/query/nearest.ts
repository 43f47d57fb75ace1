const DISTANCE_MAX = 2;
const LENGTH_MAX = 40;

/** `; did you mean "server"?` for what was almost typed; else nothing. */
export function nearest(typed: string, known: readonly string[]): string {
  if (typed.length > LENGTH_MAX) return '';
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of known) {
    const distance = distanceOf(typed.toLowerCase(), word.toLowerCase());
    if (distance <= DISTANCE_MAX && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { word, distance };
  }
  return best === undefined ? '' : `; did you mean "${best.word}"?`;
}

/** Levenshtein, one row at a time. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 0; at < one.length; at++) {
    const next = [at + 1];
    for (let to = 0; to < other.length; to++) {
      const same = one[at] === other[to] ? 0 : 1;
      next.push(Math.min((row[to] ?? 0) + same, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
