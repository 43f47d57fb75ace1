import { EFFECTS } from '../../domain/server.ts';

/** Where in the shared cells of all actors each rule keeps its own. */
export const CELLS = { hours: 0, labels: 48, effects: 96, tuples: 128, before: 128 + 32_768 } as const;
export const TUPLES = 32_768;
export const BEFORE = 4096;
export const CELLS_WIDTH = CELLS.before + BEFORE;
/** Destinations known to anybody. */
export const BITS_WIDTH = 8192;

/** A row about a tool or a server, all actors together. */
export const TOOL = { users: 0, calls: 1, arguments: 2, results: 5, properties: 8, width: 8 + 24 } as const;
export const PROPERTIES = 24;
/** A row about one actor's use of one tool. */
export const PAIR = { arguments: 0, results: 3, width: 6 } as const;

export function effectIndex(effect: string | undefined): number {
  return EFFECTS.findIndex((known) => known === effect) + 1;
}
