import type { Finding, Span } from './finding.ts';
import type { Json } from './json.ts';

export const FACETS = ['definition', 'instructions', 'argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'] as const;
/**
 * What a part of a message is. `definition`: tools, prompts, templates as listed. `question`: what a server asks of the
 * client or its user (elicitation, sampling, roots). `notice`: progress and log texts. `interface`: HTML of an MCP App.
 */
export type Facet = (typeof FACETS)[number];

/** What is inspected: one JSON value of one facet, and what is known of where it comes from or goes to. */
export interface Subject {
  readonly facet: Facet;
  readonly json: Json;
  /** Pointer of `json` in its message; findings are placed below it. */
  readonly at: string;
  readonly server: string;
  /** Canonical name of the tool, prompt or resource; '' for the server itself. */
  readonly name: string;
  /** The item's pinned definition, where it has one. */
  readonly definition?: Json;
}

/** One string of a subject as it stands: values and property names. */
export interface Place {
  /** RFC 6901, from the message's root. */
  readonly pointer: string;
  /** The nearest property name above it; '' at the root. */
  readonly key: string;
  readonly text: string;
  /** Whether it is a property's name and no value. */
  readonly isName: boolean;
}

/**
 * A text as somebody might read it: as it stands, or after something that hides it is undone. `via` names what was undone,
 * outermost first; empty for the text as it stands.
 */
export interface View {
  readonly via: readonly string[];
  readonly text: string;
  /** Where the part of this text from `start` to `end` (UTF-16 units) stands in the message: at least the whole of what hides it. */
  readonly spansOf: (start: number, end: number) => readonly Span[];
}

/** Everything that detectors look at, made once a subject. */
export interface Sight {
  readonly subject: Subject;
  readonly places: readonly Place[];
  readonly views: readonly View[];
}

/** Detectors report, policy decides. Pure, synchronous, linear in the size of the sight. */
export interface Detector {
  readonly id: string;
  readonly facets: readonly Facet[];
  /** What it finds is recorded and decides nothing. */
  readonly shadow?: boolean;
  /** Whether a message that it failed at is one that was not inspected (`closed`, where nobody says), or one with a finding. */
  readonly failure?: 'closed' | 'open';
  readonly detect: (sight: Sight) => readonly Finding[];
}
