/** How a package's versions are ordered: by what its registry says of it. */
type Scheme = 'semver' | 'pep440' | 'maven';

const SCHEMES: Readonly<Record<string, Scheme>> = { pypi: 'pep440', maven: 'maven' };

/** Longer than any version that a registry gives out; what a stranger wrote is not compared for ever. */
const VERSION_CHARS_MAX = 128;

/**
 * Orders two versions of one ecosystem (`npm`, `pypi`, `go`, `maven`, …): negative, zero, positive. PyPI by PEP 440, Maven by its
 * own qualifiers, everything else by Semantic Versioning 2.0.0 as registries bear it (a leading `v`, missing parts, leading zeros).
 * Undefined: one of them is no version, and nothing may be concluded.
 */
export function compareVersions(ecosystem: string, one: string, other: string): number | undefined {
  const scheme = SCHEMES[ecosystem] ?? 'semver';
  const [a, b] = [parsed(scheme, one), parsed(scheme, other)];
  return a === undefined || b === undefined ? undefined : compareParts(a, b);
}

/** Made so that comparing two lists from the left orders the versions: numbers as numbers, a missing part as `END`. */
type Parts = readonly (readonly (number | string)[])[];

function parsed(scheme: Scheme, text: string): Parts | undefined {
  const version = text.trim();
  if (version.length === 0 || version.length > VERSION_CHARS_MAX) return undefined;
  if (scheme === 'pep440') return pep440(version.toLowerCase());
  return scheme === 'maven' ? maven(version.toLowerCase()) : semver(version);
}

function compareParts(one: Parts, other: Parts): number {
  for (let part = 0; part < Math.max(one.length, other.length); part += 1) {
    const order = compareLists(one[part] ?? [], other[part] ?? []);
    if (order !== 0) return order;
  }
  return 0;
}

function compareLists(one: readonly (number | string)[], other: readonly (number | string)[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const [a, b] = [one[at], other[at]];
    if (a === b) continue;
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    // A number is below a word (Semantic Versioning, section 11).
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return 0;
}

/** Trailing zeros say nothing: 1.0 is 1.0.0. */
function release(text: string): readonly number[] {
  const numbers = text.split('.').map(Number);
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop();
  return numbers;
}

const SEMVER = /^v?(\d{1,15}(?:\.\d{1,15}){0,5})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

function semver(version: string): Parts | undefined {
  const [, numbers, before] = SEMVER.exec(version) ?? [];
  if (numbers === undefined) return undefined;
  const identifiers = before?.split('.').map((word) => (/^\d{1,15}$/.test(word) ? Number(word) : word));
  // A pre-release comes before its release.
  return [release(numbers), identifiers === undefined ? [1] : [0], identifiers ?? []];
}

/** PEP 440, appendix B, with the spellings that it normalises; local versions (`+…`) are left out, as advisories name none. */
const PEP440 = /^v?(?:(\d{1,9})!)?(\d{1,15}(?:\.\d{1,15}){0,5})(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d{0,9}))?(?:(?:-(\d{1,9}))|(?:[-_.]?(?:post|rev|r)[-_.]?(\d{0,9})))?(?:[-_.]?(dev)[-_.]?(\d{0,9}))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$/;
const PRE: Readonly<Record<string, number>> = { a: 1, alpha: 1, b: 2, beta: 2, c: 3, rc: 3, pre: 3, preview: 3 };
const FINAL = 4;

function pep440(version: string): Parts | undefined {
  const match = PEP440.exec(version);
  if (match === null) return undefined;
  const [, epoch = '0', numbers = '', pre, preNumber, bare, postNumber, dev, devNumber] = match;
  const post = bare ?? postNumber;
  // 1.0.dev1 < 1.0a1: a development release of no pre-release is the first of all.
  const stage = pre === undefined ? (dev !== undefined && post === undefined ? 0 : FINAL) : (PRE[pre] ?? FINAL);
  return [
    [Number(epoch)], release(numbers), [stage, Number(preNumber ?? 0)],
    [post === undefined ? 0 : 1, Number(post ?? 0)], [dev === undefined ? 1 : 0, Number(devNumber ?? 0)],
  ];
}

const QUALIFIERS: Readonly<Record<string, number>> = {
  alpha: 1, a: 1, beta: 2, b: 2, milestone: 3, m: 3, rc: 4, cr: 4, snapshot: 5, '': 6, ga: 6, final: 6, release: 6, sp: 7,
};

function maven(version: string): Parts | undefined {
  const [, numbers, , qualifier = '', number = ''] = /^(\d{1,15}(?:\.\d{1,15}){0,5})([-.]([a-z]{0,20})[-.]?(\d{0,9})(?:[-.][\w.-]*)?)?$/.exec(version) ?? [];
  return numbers === undefined ? undefined : [release(numbers), [QUALIFIERS[qualifier] ?? FINAL + 4, Number(number)]];
}
