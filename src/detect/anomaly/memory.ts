import { ALARMS_WIDTH } from './alarms.ts';
import { CHANNEL_LIST } from './channels.ts';
import { MOMENTS_WIDTH } from './moments.ts';
import { CELLS_WIDTH, DESTINATION, PAIR, TOOL } from './places.ts';
import { createTable, type Table } from './table.ts';

/** All that a scorer knows, in flat arrays of fixed size: nothing that anybody does makes it grow. */
export interface ScorerMemory {
  /** Keeps hashes an installation's own. */
  readonly key: number;
  readonly actors: Table;
  /** Actor and tool together. */
  readonly pairs: Table;
  /** Tools and servers, all actors together. */
  readonly tools: Table;
  readonly destinations: Table;
  readonly moments: Float32Array;
  readonly cells: Float32Array;
  readonly alarms: Float32Array;
}


const PAIRS_PER_ACTOR = 8;
const TOOLS_MAX = 8192;
const DESTINATIONS_MAX = 65_536;
/** Room beside those who are expected, so that few sets of the table are ever full. */
const ROOM = 1.5;

export function createMemory(key: number, actorsMax: number, actorWidth: number): ScorerMemory {
  return {
    key,
    actors: createTable(Math.ceil(actorsMax * ROOM), actorWidth),
    pairs: createTable(actorsMax * PAIRS_PER_ACTOR, PAIR.width),
    tools: createTable(TOOLS_MAX, TOOL.width),
    destinations: createTable(DESTINATIONS_MAX, DESTINATION.width),
    moments: new Float32Array(CHANNEL_LIST.length * MOMENTS_WIDTH),
    cells: new Float32Array(CELLS_WIDTH),
    alarms: new Float32Array(ALARMS_WIDTH),
  };
}
