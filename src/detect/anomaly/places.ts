import { EFFECTS } from '../../domain/server.ts';

/** Where in the shared cells of all actors each rule keeps its own. */
export const CELLS = { hours: 0, labels: 48, effects: 96, leaks: 104, together: 128, tuples: 128 + 64 * 64, before: 128 + 64 * 64 + 32_768 } as const;
export const TUPLES = 32_768;
export const BEFORE = 4096;
export const CELLS_WIDTH = CELLS.before + BEFORE;

/** A row about a tool or a server, all actors together. */
export const TOOL = { users: 0, calls: 1, arguments: 2, results: 5, properties: 8, sizes: 8 + 24, days: 8 + 24 + 3 * 24, width: 8 + 24 + 3 * 24 + 3 } as const;
export const PROPERTIES = 24;
/** A row about one actor's use of one tool. */
export const PAIR = { arguments: 0, results: 3, day: 6, today: 7, calls: 8, width: 11 } as const;
/** A row about a destination: the hour at which it was first named, its one user (0: several), calls. */
export const DESTINATION = { since: 0, user: 1, calls: 2, width: 3 } as const;
/** Kinds of servers that are used together: places in a square of this side. */
export const SERVERS = 64;

export function effectIndex(effect: string | undefined): number {
  return EFFECTS.findIndex((known) => known === effect) + 1;
}
