import type { AssetKey, AssetKind, Looked, Sensor } from '../../../src/domain/observation.ts';

/** One thing that a part put on the machine, and how it must be found: once, of this kind, at least this sure, also by this sensor. */
export interface Plant {
  /** For people who read what was missed. */
  readonly what: string;
  readonly kind: AssetKind;
  /** At least one; every one of them must be a key of the same one asset. */
  readonly keys: readonly AssetKey[];
  /** 1..100. */
  readonly confidenceMin: number;
  readonly by: Sensor;
}

/** What looks like a server or a client and is none: no asset may have this text in a key or in the place of its evidence. */
export interface LookAlike {
  readonly what: string;
  readonly text: string;
}

/** What one part put on the machine. */
export interface Planted {
  readonly plants: readonly Plant[];
  readonly lookAlikes: readonly LookAlike[];
  /**
   * The part's sensors, over what was planted: as they run on a real machine, but of a live system (processes, listeners) only
   * what this part started, since others work on the machine that runs the test.
   */
  readonly looks: readonly (() => Looked)[];
  /** Ends what it started. */
  stop(): Promise<void>;
}

/** `folder`: of this part alone, empty. `machine`: what the machine is called in keys and observations. */
export type PlantPart = (folder: string, machine: string) => Promise<Planted>;
