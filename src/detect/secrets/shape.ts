import { z } from 'zod';
import { groupsOf } from './pattern.ts';
import data from './rules.json' with { type: 'json' };

/** What ships was searched, and runs as it is. */
const SHIPPED: ReadonlySet<string> = new Set(
  [...data.allow.regexes, ...data.rules.flatMap(({ pattern, allow }) => [pattern, ...allow.flatMap(({ regexes }) => regexes)])],
);

/** Bounds of what an edition may bring: beyond those of the rules that ship, near enough that nothing else is meant. */
const PATTERN = z.string().min(1).max(8_000).refine(isLinear, 'is no pattern that runs in linear time');
const ID = z.string().max(100).regex(/^[a-z0-9][a-z0-9-]*$/);
/** What the search for keywords folds: ASCII in lower case. */
const KEYWORD = z.string().min(2).max(60).regex(/^[\x20-\x40\x5b-\x7e]+$/);
const STOPWORDS = z.array(z.string().min(1).max(100)).max(3_000).readonly();
const REGEXES = z.array(PATTERN).max(50).readonly();

const RULE = z.strictObject({
  id: ID,
  anchor: z.enum(['begins', 'assigned', 'near']),
  keywords: z.array(KEYWORD).min(1).max(20).readonly(),
  pattern: PATTERN,
  /** Bits a character, which what is found must pass. */
  entropy: z.number().min(0).max(8),
  /** How long what it finds can be, where that has an end. */
  length: z.int().min(1).max(9_000).exactOptional(),
  secretGroup: z.int().min(0).max(20).exactOptional(),
  allow: z.array(z.strictObject({ target: z.enum(['secret', 'match', 'line']), regexes: REGEXES, stopwords: STOPWORDS })).max(20).readonly(),
}).refine(
  ({ pattern, secretGroup }) => secretGroup === undefined || !isLinear(pattern) || secretGroup <= groupsOf(pattern), 'names a group that its pattern has not',
);

/** Rules of secrets as `rules.json` has them. */
export const SECRET_RULES = z.strictObject({
  source: z.string().max(300), commit: z.string().max(100), licence: z.string().max(300),
  /** What is never a secret, whichever rule finds it. */
  allow: z.strictObject({ regexes: REGEXES, stopwords: STOPWORDS }),
  rules: z.array(RULE).min(1).max(1_000).readonly().refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, 'has an id twice'),
});

/** One rule, as it ships or in an edition. */
export interface SecretRule {
  readonly id: string;
  readonly anchor: string;
  readonly keywords: readonly string[];
  readonly pattern: string;
  readonly entropy: number;
  readonly length?: number;
  readonly secretGroup?: number;
  readonly allow: readonly { readonly target: string; readonly regexes: readonly string[]; readonly stopwords: readonly string[] }[];
}

export interface SecretRules {
  readonly rules: readonly SecretRule[];
  readonly allow: { readonly regexes: readonly string[]; readonly stopwords: readonly string[] };
}

function isLinear(source: string): boolean {
  if (SHIPPED.has(source)) return true;
  try {
    return groupsOf(source) >= 0;
  } catch {
    return false;
  }
}
