import data from './rules.json' with { type: 'json' };
import { entropyOf } from './entropy.ts';
import { createKeywords } from './keywords.ts';
import { OWN_RULES } from './own-rules.ts';

/** A secret as one of gitleaks' rules knows it. */
export interface Match {
  /** Of gitleaks: `github-pat`. */
  readonly id: string;
  readonly start: number;
  readonly end: number;
  /** `assigned`: known by the name that it is given; the others by their own form. */
  readonly anchor: string;
}

interface Rule {
  readonly id: string;
  /** `begins`: with a keyword; `assigned`: keyword, operator, value; `near`: a keyword is close by. */
  readonly anchor: string;
  readonly pattern: RegExp;
  readonly entropy: number;
  readonly group: number | undefined;
  /** How much before and after its keyword is looked at. */
  readonly reach: number;
  readonly allow: readonly { readonly target: string; readonly regexes: readonly RegExp[]; readonly stopwords: readonly string[] }[];
}

const REACH_MAX = 9_000;
/** Where a pattern has no end of its own. */
const ENDLESS = 3_000;
const NEAR = 300;

const LOOKED_FOR = [...data.rules, ...OWN_RULES];

const RULES: readonly Rule[] = LOOKED_FOR.map((rule) => ({
  id: rule.id,
  anchor: rule.anchor,
  pattern: new RegExp(rule.pattern, rule.anchor === 'near' ? 'g' : 'y'),
  entropy: rule.entropy,
  group: 'secretGroup' in rule ? rule.secretGroup : undefined,
  reach: rule.anchor === 'near' ? NEAR : Math.min(REACH_MAX, ('length' in rule ? rule.length : ENDLESS) + 16),
  allow: rule.allow.map(({ target, regexes, stopwords }) => ({ target, regexes: regexes.map((one) => new RegExp(one)), stopwords })),
}));

const WORDS = [...new Set(LOOKED_FOR.flatMap(({ keywords }) => keywords))];
const RULES_OF_WORD: readonly (readonly Rule[])[] = WORDS.map((word) => RULES.filter((_,
  index) => LOOKED_FOR[index]?.keywords.some((one) => one === word) === true));
const KEYWORDS = createKeywords(WORDS);
const ALLOWED = data.allow.regexes.map((one) => new RegExp(one));

/** Between a name and its value: what every rule of the kind `assigned` asks for, so that one look rules out all of them. */
const ASSIGNMENT = /[ \t\w.-]{0,60}['"\r\n]{0,3}(?:=|>|:|\|\||\?=|,)[=>:]{0,3}[`'"\s=]{0,5}[\w.=+/-]{8}/y;

/**
 * Every secret that the rules know, in order of keywords. Linear: each rule is tried at its keywords only, on a bounded part, and
 * the parts together are bounded by the text's own size; undefined when a text is so full of beginnings of secrets that it passes that.
 */
export function secretsIn(text: string): readonly Match[] | undefined {
  const found: Match[] = [];
  let budget = TRIED_MIN + text.length * TRIED_PER_CHAR;
  const done = new Map<Rule, number>();
  KEYWORDS.find(text, (word, at) => {
    let assigned: boolean | undefined;
    for (const rule of RULES_OF_WORD[word] ?? []) {
      if (at < (done.get(rule) ?? 0) || budget < 0) continue;
      if (rule.anchor === 'assigned') assigned ??= isAssigned(text, at);
      if (rule.anchor === 'assigned' && assigned === false) continue;
      if (rule.id === 'generic-api-key' && PLACE_IN_LIST.test(text.slice(Math.max(0, at - PLACE_CHARS), at))) continue;
      if (rule.pattern.source.startsWith('\\b') && rule.pattern.sticky && isWord(text, at - 1)) continue;
      const start = rule.anchor === 'near' ? Math.max(done.get(rule) ?? 0, at - rule.reach) : at;
      const part = text.slice(start, at + rule.reach);
      budget -= rule.anchor === 'near' ? part.length : TRY;
      if (rule.anchor === 'near') done.set(rule, at + rule.reach);
      for (const match of matchesOf(rule, part)) {
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

function matchesOf(rule: Rule, part: string): readonly (readonly [number, number])[] {
  rule.pattern.lastIndex = 0;
  const matches = rule.anchor === 'near' ? [...part.matchAll(rule.pattern)] : [rule.pattern.exec(part)];
  return matches.flatMap((match) => {
    if (match === null) return [];
    const secret = (rule.group === undefined ? match.slice(1).find((group) => group !== undefined && group !== '') : match[rule.group]) ?? match[0];
    if (entropyOf(secret) <= rule.entropy || isAllowed(rule, match[0], secret)) return [];
    const start = match.index + match[0].indexOf(secret);
    return [[start, start + secret.length] as const];
  });
}

/** What stands where a value is still to be filled in. */
const PLACEHOLDER = /\byour[-_ ]|change[-_ ]?me|placeholder|x{4}|\*{4}/i;

function isAllowed(rule: Rule, match: string, secret: string): boolean {
  if (rule.anchor === 'assigned' && PLACEHOLDER.test(secret)) return true;
  if (ALLOWED.some((one) => one.test(secret)) || data.allow.stopwords.some((word) => secret.includes(word))) return true;
  const lower = secret.toLowerCase();
  return rule.allow.some(({ target, regexes, stopwords }) =>
    regexes.some((one) => one.test(target === 'secret' ? secret : match)) || stopwords.some((word) => lower.includes(word)));
}
