import data from './rules.json' with { type: 'json' };
import { entropyOf } from './entropy.ts';
import { createKeywords } from './keywords.ts';
import type { Keywords } from './keywords.ts';
import { OWN_RULES } from './own-rules.ts';
import { linearPattern, linearTest, nativePattern } from './pattern.ts';
import type { Pattern } from './pattern.ts';
import type { SecretRule, SecretRules } from './shape.ts';

/** A secret as one of gitleaks' rules knows it. */
export interface Match {
  /** Of gitleaks: `github-pat`. */
  readonly id: string;
  readonly start: number;
  readonly end: number;
  /** `assigned`: known by the name that it is given; the others by their own form. */
  readonly anchor: string;
}

/** What finds secrets in a text; see `createSecretRules`. */
export type SecretsIn = (text: string) => readonly Match[] | undefined;

interface Rule {
  readonly id: string;
  /** `begins`: with a keyword; `assigned`: keyword, operator, value; `near`: a keyword is close by. */
  readonly anchor: string;
  readonly pattern: Pattern;
  /** It begins where a word does. */
  readonly atWord: boolean;
  readonly entropy: number;
  readonly group: number | undefined;
  /** How much before and after its keyword is looked at. */
  readonly reach: number;
  readonly allow: readonly { readonly target: string; readonly tests: readonly Test[]; readonly stopwords: readonly string[] }[];
}

const REACH_MAX = 9_000;
/** Where a pattern has no end of its own. */
const ENDLESS = 3_000;
const NEAR = 300;

type Test = (text: string) => boolean;

/** What ships was searched for patterns that take more than in proportion (patterns.test.ts), and runs as it is. */
const SEARCHED: ReadonlyMap<string, RegExp> = new Map(
  [...data.rules, ...OWN_RULES].flatMap(({ pattern, anchor }) => {
    const flags = anchor === 'near' ? 'g' : 'y';
    return [[`${flags}${pattern}`, new RegExp(pattern, flags)] as const];
  }),
);
const SEARCHED_TESTS: ReadonlyMap<string, RegExp> = new Map(
  [...data.allow.regexes, ...[...data.rules, ...OWN_RULES].flatMap(({ allow }) => allow.flatMap(({ regexes }) => regexes))]
    .map((source) => [source, new RegExp(source)] as const),
);

/** A pattern as it is run: as it ships, and any other in linear time. Throws what the engine says of one that is none. */
function patternOf(source: string, anchor: string): Pattern {
  const searched = SEARCHED.get(`${anchor === 'near' ? 'g' : 'y'}${source}`);
  return searched === undefined ? linearPattern(source, anchor === 'near') : nativePattern(searched);
}

function testOf(source: string): Test {
  const searched = SEARCHED_TESTS.get(source);
  return searched === undefined ? linearTest(source) : (text) => searched.test(text);
}

function ruleOf(rule: SecretRule): Rule {
  const { id, anchor, pattern, entropy, secretGroup: group, length, allow } = rule;
  return {
    id, anchor, entropy, group, pattern: patternOf(pattern, anchor), atWord: anchor !== 'near' && pattern.startsWith('\\b'),
    reach: anchor === 'near' ? NEAR : Math.min(REACH_MAX, (length ?? ENDLESS) + 16),
    allow: allow.map(({ target, regexes, stopwords }) => ({ target, tests: regexes.map(testOf), stopwords })),
  };
}

/** Between a name and its value: what every rule of the kind `assigned` asks for, so that one look rules out all of them. */
const ASSIGNMENT = /[ \t\w.-]{0,60}['"\r\n]{0,3}(?:=|>|:|\|\||\?=|,)[=>:]{0,3}[`'"\s=]{0,5}[\w.=+/-]{8}/y;

/**
 * What finds every secret that the given rules and our own know, in order of keywords. Linear: each rule is tried at its keywords only, on
 * a bounded part, and the parts together are bounded by the text's own size; undefined when a text is so full of beginnings of secrets that
 * it passes that. Throws what the engine says of a pattern that it can't run in linear time.
 */
export function createSecretRules(given: SecretRules): SecretsIn {
  const lookedFor: readonly SecretRule[] = [...given.rules, ...OWN_RULES];
  const rules = lookedFor.map(ruleOf);
  const words = [...new Set(lookedFor.flatMap(({ keywords }) => keywords))];
  const known: Known = {
    keywords: createKeywords(words),
    ofWord: words.map((word) => rules.filter((_, index) => lookedFor[index]?.keywords.some((one) => one === word) === true)),
    allowed: { tests: given.allow.regexes.map(testOf), stopwords: given.allow.stopwords },
  };
  return (text) => find(text, known);
}

/** By the rules that ship. */
export const secretsIn: SecretsIn = createSecretRules(data);

interface Known {
  readonly keywords: Keywords;
  readonly ofWord: readonly (readonly Rule[])[];
  readonly allowed: { readonly tests: readonly Test[]; readonly stopwords: readonly string[] };
}

function find(text: string, { keywords, ofWord, allowed }: Known): readonly Match[] | undefined {
  const found: Match[] = [];
  let budget = TRIED_MIN + text.length * TRIED_PER_CHAR;
  const done = new Map<Rule, number>();
  keywords.find(text, (word, at) => {
    let assigned: boolean | undefined;
    for (const rule of ofWord[word] ?? []) {
      if (at < (done.get(rule) ?? 0) || budget < 0) continue;
      if (rule.anchor === 'assigned') assigned ??= isAssigned(text, at);
      if (rule.anchor === 'assigned' && assigned === false) continue;
      if (rule.id === 'generic-api-key' && PLACE_IN_LIST.test(text.slice(Math.max(0, at - PLACE_CHARS), at))) continue;
      if (rule.atWord && isWord(text, at - 1)) continue;
      const start = rule.anchor === 'near' ? Math.max(done.get(rule) ?? 0, at - rule.reach) : at;
      const part = text.slice(start, at + rule.reach);
      budget -= rule.anchor === 'near' ? part.length : TRY;
      if (rule.anchor === 'near') done.set(rule, at + rule.reach);
      for (const match of matchesOf(rule, part, allowed)) {
        found.push({ id: rule.id, anchor: rule.anchor, start: start + match[0], end: start + match[1] });
        if (rule.anchor !== 'near') done.set(rule, start + match[1]);
      }
    }
  });
  return budget < 0 ? undefined : found;
}

/** What makes a token a place in a list, or a mark of a form: `nextPageToken`. */
const PLACE_IN_LIST = /(?:page|next|prev|previous|cursor|continuation|continue|sync|csrf|xsrf)[_.-]?$/i;
const PLACE_CHARS = 16;

/** What trying an anchored rule counts for: it reads about that many characters before it knows. */
const TRY = 16;
/** Ordinary text needs less than one a character; a page made of nothing but beginnings of secrets needs more than this. */
const TRIED_MIN = 8_000;
const TRIED_PER_CHAR = 4;

function isAssigned(text: string, at: number): boolean {
  ASSIGNMENT.lastIndex = at;
  return ASSIGNMENT.test(text);
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && /\w/.test(text.charAt(at));
}

function matchesOf(rule: Rule, part: string, allowed: Known['allowed']): readonly (readonly [number, number])[] {
  return rule.pattern(part).flatMap(({ index, groups }) => {
    const [whole = ''] = groups;
    const secret = (rule.group === undefined ? groups.slice(1).find((group) => group !== undefined && group !== '') : groups[rule.group]) ?? whole;
    if (entropyOf(secret) <= rule.entropy || isAllowed(rule, whole, secret, allowed)) return [];
    const start = index + whole.indexOf(secret);
    return [[start, start + secret.length] as const];
  });
}

/** What stands where a value is still to be filled in. */
const PLACEHOLDER = /\byour[-_ ]|change[-_ ]?me|placeholder|x{4}|\*{4}/i;

function isAllowed(rule: Rule, match: string, secret: string, { tests, stopwords }: Known['allowed']): boolean {
  if (rule.anchor === 'assigned' && PLACEHOLDER.test(secret)) return true;
  if (tests.some((one) => one(secret)) || stopwords.some((word) => secret.includes(word))) return true;
  const lower = secret.toLowerCase();
  return rule.allow.some((allow) =>
    allow.tests.some((one) => one(allow.target === 'secret' ? secret : match)) || allow.stopwords.some((word) => lower.includes(word)));
}
