import { isArray, isObject, type Json, type JsonObject } from './json.ts';

declare const redacted: unique symbol;

/** Free text that a record may hold: `redact` alone makes it, so that what somebody else wrote can't get in as it is. */
export type RecordText = string & { readonly [redacted]: true };

/** The `detail` of a record, every text of it redacted: `redactDetail` alone makes it. */
export type RecordDetail = Json & { readonly [redacted]: true };

const TEXT_CHARS_MAX = 1_000;
const HIDDEN = '[…]';

/*
 * What a secret looks like in running text. Each pattern is a plain scan: no nested repetition, so that no text makes it slow.
 * Names and ids of ours (UUIDs, digests with their name before them, `a.b/c` paths of words) stay.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // oxlint-disable-next-line no-control-regex -- they are what must not be in a line
  [/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' '],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]{1,500}@/gi, `$1${HIDDEN}@`],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s?#"'<>]{1,2000})[?#][^\s"'<>]*/gi, `$1?${HIDDEN}`],
  [/\b(bearer|basic|dpop|apikey)\s+[^\s,;"']{6,}/gi, `$1 ${HIDDEN}`],
  [
    /\b([\w-]{0,40}(?:secret|passw(?:or)?d|passphrase|token|api[-_]?key|authorization|cookie|credential)[\w-]{0,40}["']?\s?[=:]\s?)["']?[^\s,;"'&]+/gi,
    `$1${HIDDEN}`,
  ],
  [/-----BEGIN[^-]{0,60}-----[^]*/g, HIDDEN],
  [/\b(?:AGE-SECRET-KEY-1|sk-|sk_live_|sk_test_|gh[pousr]_|github_pat_|xox[abprs]-|AKIA|ASIA|AIza|glpat-|npm_|eyJ)[A-Za-z0-9_.-]{8,}/g, HIDDEN],
];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const RUN = /[A-Za-z0-9_+=~-]{20,}/g;

/** Free text for a record: bounded, on one line, and without what looks like a secret. Linear in the text's length. */
export function redact(text: string): RecordText {
  const plain = scrub(text).replace(RUN, (run) => (isRandom(run) ? HIDDEN : run));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand exists in types only, and this file alone may give it
  return plain as RecordText;
}

/** The same for each text in it that is more than a name. Names of our own choosing (ids, digests, verbs) stay as they are. */
export function redactDetail(detail: Json): RecordDetail {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand exists in types only, and this file alone may give it
  return redactIn(detail) as RecordDetail;
}

function redactIn(value: Json): Json {
  if (typeof value === 'string') return /\s/.test(value) ? redact(value) : scrub(value);
  if (isArray(value)) return value.map(redactIn);
  if (!isObject(value)) return value;
  const members: JsonObject = value;
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, redactIn(member)]));
}

function scrub(text: string): string {
  const bounded = text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}…` : text;
  return PATTERNS.reduce((plain, [pattern, instead]) => plain.replace(pattern, instead), bounded);
}

/** Letters and digits mixed in one stretch, as no word is: a token, unless it is one of our ids. */
function isRandom(run: string): boolean {
  return !UUID.test(run) && /\d/.test(run) && /[A-Za-z]/.test(run);
}
