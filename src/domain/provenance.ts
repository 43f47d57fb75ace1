import type { Category, Confidentiality } from './server.ts';

/**
 * Where the destinations of a call come from, the worst last: it has none; each has positive provenance (directory,
 * allow-list, an earlier approval, or it was known before anything untrusted was read); one was never seen, which is not
 * trust; one was seen only in, or after, what is untrusted.
 */
export const DESTINATIONS = ['none', 'trusted', 'unknown', 'untrusted'] as const;
export type Destinations = (typeof DESTINATIONS)[number];

/** Where the values of a call's arguments come from, as far as the caller's flow context tells. */
export interface Provenance {
  readonly destinations: Destinations;
  /** The servers, and the tools as `<server>/<tool>`, that a value of the arguments derives from. */
  readonly flowsFrom: readonly string[];
  /** Of the values that do flow into the arguments: the highest, and all. */
  readonly confidentiality: Confidentiality;
  readonly categories: readonly Category[];
  /** By argument, for who has to understand it: policies don't see it. Absent where nothing is to be said. */
  readonly places?: readonly FlowPlace[];
}

/** What one argument is, and where it comes from. */
export interface FlowPlace {
  /** RFC 6901; what the pinned schema does not name is `*`. */
  readonly at: string;
  /** Absent: it is no destination. */
  readonly destination?: Exclude<Destinations, 'none'>;
  /** Tools as `<server>/<tool>`, or servers. */
  readonly from: readonly string[];
}

/** Nothing that was given out before is in it. */
export const UNDERIVED: Provenance = { destinations: 'none', flowsFrom: [], confidentiality: 'public', categories: [] };
