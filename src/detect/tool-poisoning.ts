import type { Detector, Sight, View } from '../domain/detector.ts';
import type { Finding, Severity, Span } from '../domain/finding.ts';
import type { DetectorInfo } from './rules.ts';
import { LITERALS } from './tool-poisoning/literals.ts';
import { oddParameters } from './tool-poisoning/parameters.ts';
import { matchPhrases } from './tool-poisoning/phrases.ts';
import { scopesOf } from './tool-poisoning/scopes.ts';
import type { Scope } from './tool-poisoning/scopes.ts';
import { PHRASES, POISONED_FROM, SIGNALS } from './tool-poisoning/signals.ts';
import type { Signal } from './tool-poisoning/signals.ts';
import { sentencesOf } from './tool-poisoning/words.ts';

/** What a definition may say that makes a model do more than to call the tool. */
const POISON = ['MCP03', 'ASI01', 'AML.T0110', 'AML.T0051.001', 'SAFE-T1001', 'SAFE-T1501', 'MCP-T4'] as const;
const SHADOW = ['MCP03', 'ASI02', 'AML.T0110', 'SAFE-T1008', 'SAFE-T1301', 'MCP-T4'] as const;
const LEAK = ['MCP03', 'MCP10', 'AML.T0086', 'SAFE-T1911', 'SAFE-T1914', 'MCP-T5'] as const;

export const info = {
  facets: ['definition', 'instructions'],
  rules: {
    poisoned: { severity: 'high', what: 'Together the signs below say that this definition gives orders to the model.', catalogues: POISON },
    disguised: { severity: 'high', what: 'An order to the model that stands there encoded.', catalogues: [...POISON, 'AML.T0068', 'SAFE-T1402'] },
    conceal: { severity: 'medium', what: 'It wants something kept from the user.', catalogues: [...POISON, 'ASI09'] },
    override: { severity: 'medium', what: 'It sets other instructions, or what was asked, aside.', catalogues: POISON },
    'call-first': { severity: 'low', what: 'It wants to be called before anything else.', catalogues: [...POISON, 'SAFE-T1401'] },
    shadow: { severity: 'low', what: 'It says what to do when another tool is used.', catalogues: SHADOW },
    redirect: { severity: 'low', what: 'It says that another tool is not to be used, and itself instead.', catalogues: SHADOW },
    superiority: { severity: 'info', what: 'It wants to be preferred to other tools.', catalogues: [...SHADOW, 'AML.T0111'] },
    acclaim: { severity: 'info', what: 'It praises itself as the best or only one.', catalogues: [...SHADOW, 'AML.T0111'] },
    'run-other': { severity: 'low', what: 'It wants another tool called on the way.', catalogues: [...SHADOW, 'SAFE-T1703'] },
    'hand-over': { severity: 'medium', what: 'It wants files or what was said before put into an argument.', catalogues: LEAK },
    exfiltrate: { severity: 'medium', what: 'It wants data sent to an address.', catalogues: [...LEAK, 'SAFE-T1913'] },
    'sensitive-path': { severity: 'info', what: 'It names files or places where secrets are.', catalogues: [...POISON, 'SAFE-T1502'] },
    'alter-argument': { severity: 'low', what: 'It wants a value other than what was asked for.', catalogues: [...POISON, 'SAFE-T2104'] },
    'no-consent': { severity: 'low', what: 'It wants the user not to be asked.', catalogues: [...POISON, 'ASI09', 'SAFE-T1403'] },
    addressed: { severity: 'info', what: 'It speaks to the model rather than of the tool.', catalogues: POISON },
    shouting: { severity: 'info', what: 'It claims attention or authority with a tag or a shouted word.', catalogues: POISON },
    pretext: { severity: 'info', what: 'It gives compliance or proper working as the reason.', catalogues: POISON },
    shell: { severity: 'low', what: 'It holds a command line to be run.', catalogues: ['MCP05', 'ASI05', 'AML.T0110', 'SAFE-T1101', 'MCP-T3'] },
    persist: { severity: 'low', what: 'It wants something written where it is run or read again.',
      catalogues: [...POISON, 'ASI06', 'AML.T0081', 'SAFE-T1204'] },
    'odd-parameter': { severity: 'low', what: 'A parameter asks for what was said before, or for what the model was told.', catalogues: LEAK },
    'external-url': { severity: 'info', what: 'It names an address.', catalogues: LEAK },
  },
} as const satisfies DetectorInfo<'tool-poisoning'>;

/** What instructions of a server are for: they speak to the model. Only what is hostile anywhere counts in them. */
const EXPECTED_OF_INSTRUCTIONS: ReadonlySet<Signal> = new Set([
  'call-first', 'superiority', 'acclaim', 'run-other', 'addressed', 'shouting', 'pretext', 'external-url', 'shadow',
]);
/** A text under one of these was encoded or not to be seen; what the others undo happens by accident. */
const DISGUISES: ReadonlySet<string> = new Set([
  'tags', 'selectors', 'base64', 'hex', 'rot13', 'percent', 'escapes', 'comment', 'hidden', 'terminal', 'spaced',
]);
const DISGUISED_FROM = 2;

interface Sign {
  readonly rule: Signal;
  readonly weight: number;
  readonly spans: readonly Span[];
  readonly disguised: boolean;
}

/** Definitions that give orders: what each says is read for signs, in twelve languages, and the signs of one definition are weighed together. */
export const detector: Detector = {
  id: 'tool-poisoning',
  facets: info.facets,
  detect: (sight) => report(scopesOf(sight).map((scope) => ({ scope, signs: signsOf(scope, sight) }))),
};

interface Read {
  readonly scope: Scope;
  readonly signs: readonly Sign[];
}

/** What a schema says that it is written in is no address that a model is sent to. */
const DIALECT = /^https?:\/\/json-schema\.org\/[\w/#-]{1,40}$/;

function signsOf(scope: Scope, { subject, places }: Sight): readonly Sign[] {
  const best = new Map<Signal, Sign>();
  const dialects = new Set(places.flatMap(({ key, text, pointer }) => (key === '$schema' && DIALECT.test(text) ? [pointer] : [])));
  const keep = (sign: Sign): void => {
    if (subject.facet === 'instructions' && EXPECTED_OF_INSTRUCTIONS.has(sign.rule)) return;
    if (sign.rule === 'external-url' && sign.spans.length > 0 && sign.spans.every(({ at }) => dialects.has(at))) return;
    const known = best.get(sign.rule)?.weight ?? 0;
    // What stands in a comment is read in the whole text too: that it is not to be seen counts.
    if (known < sign.weight || (known === sign.weight && sign.disguised)) best.set(sign.rule, sign);
  };
  for (const view of scope.views) {
    // Values put together make names and sentences that nobody wrote: there only what is plain, and goes over a border, counts.
    const split = view.via[0] === 'joined';
    for (const sign of inView(view)) if (!split || (sign.weight >= POISONED_FROM && new Set(sign.spans.map(({ at }) => at)).size > 1)) keep(sign);
  }
  const odd = oddParameters(scope.json, scope.at);
  if (odd.length > 0) keep({ rule: 'odd-parameter', weight: 2, spans: odd.map((at) => ({ at, start: 0, end: 0 })), disguised: false });
  return [...best.values()];
}

function inView(view: View): readonly Sign[] {
  const disguised = view.via.some((way) => DISGUISES.has(way));
  const sign = (rule: Signal, weight: number, start: number, end: number): Sign => ({ rule, weight, spans: view.spansOf(start, end), disguised });
  const said = sentencesOf(view.text).flatMap((sentence) =>
    matchPhrases(sentence, PHRASES).map(({ phrase: { rule, weight }, start, end }) => sign(rule, weight, start, end)));
  const literal = LITERALS.flatMap(({ rule, weight, pattern }) => {
    const found = pattern.exec(view.text);
    return found === null ? [] : [sign(rule, weight, found.index, found.index + found[0].length)];
  });
  return [...said, ...literal];
}

/** One finding for each rule, wherever it applies: a list of a thousand tools is no flood. */
function report(read: readonly Read[]): readonly Finding[] {
  const all = read.flatMap(({ signs }) => signs);
  const poisoned = read.filter(({ signs }) => weightOf(signs) >= POISONED_FROM);
  const disguised = all.filter((sign) => sign.disguised && sign.weight >= DISGUISED_FROM);
  return [
    ...poisoned.map(({ scope, signs }): Finding => ({
      ...finding('poisoned'), at: [scope.at], expected: `less than ${POISONED_FROM}`, seen: `${weightOf(signs)}: ${signs.map(({ rule }) => rule).join(', ')}`,
    })),
    ...(disguised.length === 0 ? [] : [{ ...finding('disguised'), ...placed(disguised) }]),
    ...SIGNALS.flatMap((rule) => {
      const signs = all.filter((sign) => sign.rule === rule);
      return signs.length === 0 ? [] : [{ ...finding(rule), ...placed(signs) }];
    }),
  ];
}

function weightOf(signs: readonly Sign[]): number {
  return signs.reduce((sum, { weight }) => sum + weight, 0);
}

function placed(signs: readonly Sign[]): Pick<Finding, 'at' | 'spans'> {
  const spans = signs.flatMap((sign) => sign.spans);
  return { at: [...new Set(spans.map(({ at }) => at))], spans: spans.filter(({ start, end }) => end > start) };
}

function finding(rule: keyof (typeof info)['rules']): { readonly detector: string; readonly rule: string; readonly severity: Severity } {
  return { detector: 'tool-poisoning', rule, severity: info.rules[rule].severity };
}
