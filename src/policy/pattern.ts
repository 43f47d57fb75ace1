/**
 * Builds the matcher of a `like` pattern: literal runs and wildcards (`null`). Greedy with one restart point, so the
 * cost is bounded by text × pattern whatever the text is.
 */
export function compilePattern(parts: readonly (string | null)[]): (text: string) => boolean {
  const units: (string | null)[] = parts.flatMap((part) => (part === null ? [null] : part.split('')));
  if (!units.includes(null)) {
    const literal = units.join('');
    return (text) => text === literal;
  }
  return (text) => matches(units, text);
}

function matches(units: readonly (string | null)[], text: string): boolean {
  let [at, unit, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (unit < units.length && units[unit] === null) {
      star = unit;
      mark = at;
      unit += 1;
    } else if (unit < units.length && units[unit] === text[at]) {
      at += 1;
      unit += 1;
    } else if (star >= 0) {
      unit = star + 1;
      mark += 1;
      at = mark;
    } else {
      return false;
    }
  }
  while (unit < units.length && units[unit] === null) unit += 1;
  return unit === units.length;
}
