import type { AssetKey, AssetKind, Observation, Risk, Sensor } from '../../domain/observation.ts';
import type { Runs } from '../../domain/runs.ts';

/**
 * How a server stands to the registry. `sanctioned`: registered, and seen only through the gate, or where it is declared to be.
 * `bypassing`: registered, and used or reachable beside the gate. `rogue`: nobody registered it. `orphaned`: registered, and
 * nobody uses it. `stale`: not there any more where it was seen.
 */
export const ASSET_STATUSES = ['sanctioned', 'bypassing', 'rogue', 'orphaned', 'stale'] as const;
export type AssetStatus = (typeof ASSET_STATUSES)[number];

/** An observation as it is kept: since when it has been so, and whether a later whole look did not see it again. */
export interface Evidence extends Observation {
  /** Epoch ms. */
  readonly firstSeenAt: number;
  readonly goneAt?: number;
  /** Who said it; absent: this very run. */
  readonly by?: string;
}

/** One thing, however many sensors saw it. */
export interface Asset {
  /** Short, out of its strongest key: the same as long as that key is seen. */
  readonly id: string;
  readonly kind: AssetKind;
  /** The strongest first. */
  readonly keys: readonly AssetKey[];
  readonly name: string;
  readonly runs?: Runs;
  /** 1..100: of several sensors that agree, more than of the surest one. */
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
  readonly sensors: readonly Sensor[];
  readonly risks: readonly Risk[];
  readonly hosts: readonly string[];
  readonly persons: readonly string[];
  readonly clients: readonly string[];
  /** Epoch ms. */
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}
