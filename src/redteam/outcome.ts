import type { Claim } from './scenario.ts';

/**
 * `prevented`: nothing happened that must not. `detected`: it happened, and a finding is on record. `missed`: it happened, and
 * nobody is told. `void`: nothing happened and nothing acted, so nothing was tried, and it says nothing.
 */
export const OUTCOMES = ['prevented', 'detected', 'missed', 'void'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The agent that obeys whatever it reads, as reports name it. What any other does is not the same each time, and it may resist. */
export const SCRIPTED = 'scripted';

/** A record of the gate that says something about a scenario; never a value. */
export interface Evidence {
  /** In the range's log. */
  readonly position: number;
  readonly event: string;
  readonly server?: string;
  readonly tool?: string;
  readonly code?: string;
  readonly policies?: readonly string[];
  /** `<detector>/<rule>`. */
  readonly findings?: readonly string[];
}

export interface Acted {
  /** Id of the control. */
  readonly control: string;
  /** By which words of records that is seen. */
  readonly shows: readonly string[];
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly incident?: number;
  readonly techniques: readonly string[];
  readonly claim: Claim;
  readonly outcome: Outcome;
  readonly acted: readonly Acted[];
  /** Controls that are claimed to act and did not. */
  readonly silent: readonly string[];
  /** Why its line is red; absent: it is as claimed, or better. */
  readonly red?: string;
  /** What must not have happened and did. */
  readonly harm: readonly { readonly what: string; readonly evidence: string }[];
  readonly evidence: readonly Evidence[];
  readonly tookMs: number;
}

/** Of all scenarios of one technique, the worst. */
export interface TechniqueResult {
  readonly technique: string;
  readonly outcome: Outcome;
  readonly scenarios: readonly string[];
  readonly controls: readonly string[];
}

/** What is not as it was in the run before. */
export interface Difference {
  readonly scenario: string;
  readonly was: Outcome | 'absent';
  readonly is: Outcome | 'absent';
  /** A control that acted then and did not now. */
  readonly lost: readonly string[];
  /** It is worse than it was. */
  readonly regressed: boolean;
}

export interface RunReport {
  readonly id: string;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly seed: string;
  /** SHA-256 of what the range was made of, in hex: two runs with one digest were played against the same configuration. */
  readonly configuration: string;
  /** `shipped`: the defaults. `live`: the installation's own. `file`: one that was named. */
  readonly source: 'shipped' | 'live' | 'file';
  /** Whether the kernel kept the range from everything outside. */
  readonly isolated: boolean;
  /** Keys of the configuration that the range does without. */
  readonly leftOut: readonly string[];
  readonly agent: string;
  /** The control that it did without, for a trial of what that would mean. */
  readonly without?: string;
  readonly results: readonly ScenarioResult[];
  readonly techniques: readonly TechniqueResult[];
  readonly differences: readonly Difference[];
  /** Id of the run that it was compared with. */
  readonly before?: string;
}
