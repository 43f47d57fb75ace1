import type { Sight, View } from '../domain/detector.ts';

const REMEMBERED = new WeakMap<Sight, readonly View[]>();

/**
 * The views of a sight without what decoding left as it was: of a page of which one line is encoded, that line alone is looked at
 * again, with its neighbours. For whatever fits into a line or two; what stands as it stands is always looked at whole.
 */
export function freshViews(sight: Sight): readonly View[] {
  const known = REMEMBERED.get(sight);
  if (known !== undefined) return known;
  const lines = new Set<string>();
  for (const view of sight.views) if (view.via.length === 0) eachLine(view.text, (start, end) => lines.add(view.text.slice(start, end)));
  const fresh = sight.views.flatMap((view) => (view.via.length === 0 ? [view] : freshParts(view, lines)));
  REMEMBERED.set(sight, fresh);
  return fresh;
}

function freshParts(view: View, lines: Set<string>): readonly View[] {
  const parts: [number, number][] = [];
  let before = 0;
  let wasFresh = false;
  eachLine(view.text, (start, end) => {
    const line = view.text.slice(start, end);
    const isFresh = !lines.has(line);
    const last = parts.at(-1);
    if (isFresh && last !== undefined && last[1] >= before) last[1] = end;
    else if (isFresh) parts.push([before, end]);
    else if (wasFresh && last !== undefined) last[1] = end;
    // A line that one view made fresh is no news in the next.
    if (isFresh) lines.add(line);
    before = start;
    wasFresh = isFresh;
  });
  return parts.map(([start, end]) => ({
    via: view.via, text: view.text.slice(start, end), spansOf: (first: number, last: number) => view.spansOf(start + first, start + last),
  }));
}

function eachLine(text: string, line: (start: number, end: number) => void): void {
  let start = 0;
  while (start <= text.length) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    line(start, end);
    start = end + 1;
  }
}
