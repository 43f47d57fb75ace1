import type { Detector, Sight, View } from '../domain/detector.ts';
import type { Finding, Severity } from '../domain/finding.ts';
import type { DetectorInfo } from './rules.ts';
import { TRAIT, traitsOf } from './views/traits.ts';

const HIDING = ['MCP03', 'MCP10', 'ASI01', 'AML.T0068', 'SAFE-T1402', 'MCP-T4'] as const;

export const info = {
  facets: ['definition', 'instructions', 'argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'],
  rules: {
    'tag-characters': { severity: 'critical', what: 'Text spelt in Unicode tag characters, which nobody sees and a model reads.', catalogues: HIDING },
    'selector-bytes': { severity: 'critical', what: 'Bytes spelt in variation selectors behind a visible character.', catalogues: HIDING },
    'bidi-control': { severity: 'high', what: 'Bidirectional controls that show a text in another order than it is read.', catalogues: HIDING },
    'zero-width': { severity: 'medium', what: 'Characters of no width inside words.', catalogues: HIDING },
    'private-use': { severity: 'medium', what: 'Private-use or unassigned characters, which mean what the sender wants.', catalogues: HIDING },
    'terminal-sequence': { severity: 'high', what: 'Terminal control sequences, which hide or rewrite what a person sees.', catalogues: HIDING },
    'control-character': { severity: 'medium', what: 'Control characters that belong in no text.', catalogues: HIDING },
    'markup-comment': { severity: 'medium', what: 'A comment that a renderer does not show.', catalogues: HIDING },
    'markup-hidden': { severity: 'high', what: 'Text in markup that is styled not to be seen.', catalogues: HIDING },
  },
} as const satisfies DetectorInfo<'hidden-channels'>;

type RuleName = keyof (typeof info)['rules'];

/** Between letters or digits: emoji and scripts that need joiners use them elsewhere. */
const ZERO_WIDTH =
  /(?<=[\p{L}\p{N}])[\u200b\u2060\ufeff\u00ad\u180e\u2061-\u2064]|(?<=[A-Za-z0-9])[\u200c\u200d]+(?=[A-Za-z0-9])|[\u200b\u2060-\u2064\ufeff]{2,}/u;
const BIDI = /[\u202a-\u202e\u2066-\u2069]/;
const PRIVATE = /\p{Co}/u;
/** Escape and CSI begin terminal sequences; tab, line feeds, form feed, carriage return and next line are text. */
const TERMINAL = '\u001b';
const CONTROL = /(?![\t-\r\x85\x9b])\p{Cc}/u;
/** In documents comments are everyday; in what a tool says of itself nobody needs them. */
const ODD_COMMENT_FACETS: ReadonlySet<string> = new Set(['definition', 'instructions', 'argument', 'question', 'error', 'notice']);

/** Where in a text the first of its kind stands; -1: nowhere. */
const MATCHED: readonly (readonly [rule: RuleName, traits: number, find: (text: string) => number])[] = [
  ['bidi-control', TRAIT.format, (text) => text.search(BIDI)],
  ['zero-width', TRAIT.format, (text) => text.search(ZERO_WIDTH)],
  ['private-use', TRAIT.privateUse, (text) => text.search(PRIVATE)],
  ['terminal-sequence', TRAIT.escape, (text) => Math.max(text.indexOf(TERMINAL), text.indexOf('\u009b'))],
  ['control-character', TRAIT.control, (text) => text.replaceAll(TERMINAL, ' ').search(CONTROL)],
];
const ODD = MATCHED.reduce((all, [, traits]) => all | traits, 0);
const UNDONE: Readonly<Record<string, RuleName>> = {
  tags: 'tag-characters', selectors: 'selector-bytes', comment: 'markup-comment', hidden: 'markup-hidden',
};

/** Ways to say something that people who look at the text don't see. Exact, no scores. */
export const detector: Detector = {
  id: 'hidden-channels',
  facets: info.facets,
  detect: (sight) => [...inPlaces(sight), ...inViews(sight)],
};

function inPlaces({ places }: Sight): readonly Finding[] {
  return places.flatMap(({ pointer, text }) => {
    const traits = traitsOf(text);
    if ((traits & ODD) === 0) return [];
    return MATCHED.flatMap(([rule, takes, find]) => {
      const start = (traits & takes) === 0 ? -1 : find(text);
      return start < 0 ? [] : [{ ...found(rule), at: [pointer], spans: [{ at: pointer, start, end: start + 1 }] }];
    });
  });
}

function inViews({ views, subject }: Sight): readonly Finding[] {
  return views.flatMap((view): readonly Finding[] => {
    const rule = UNDONE[view.via.at(-1) ?? ''];
    if (rule === undefined || (rule === 'markup-comment' && !ODD_COMMENT_FACETS.has(subject.facet))) return [];
    return [{ ...found(rule), ...placed(view) }];
  });
}

function placed(view: View): Pick<Finding, 'at' | 'spans'> {
  const spans = view.spansOf(0, view.text.length);
  return { at: [...new Set(spans.map(({ at }) => at))], spans };
}

function found(rule: RuleName): { readonly detector: string; readonly rule: string; readonly severity: Severity } {
  return { detector: 'hidden-channels', rule, severity: info.rules[rule].severity };
}
