/** Versions of Python packages as PEP 440 orders them. */
export interface PyVersion {
  readonly text: string;
  readonly epoch: number;
  readonly release: readonly number[];
  /** `a`, `b` or `rc`, and its number. */
  readonly pre?: readonly [string, number];
  readonly post?: number;
  readonly dev?: number;
  readonly local?: string;
}

const FORM = new RegExp([
  String.raw`^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?`,
  String.raw`(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$`,
].join(''));
const SPELLED: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };

/** Undefined: no version by PEP 440. */
export function readVersion(text: string): PyVersion | undefined {
  const match = FORM.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const [, epoch, release = '', pre, preNumber, dashPost, post, postNumber, dev, devNumber, local] = match;
  return {
    text: text.trim(), epoch: Number(epoch ?? 0), release: release.split('.').map(Number),
    ...(pre === undefined ? {} : { pre: [SPELLED[pre] ?? pre, Number(preNumber ?? 0)] as const }),
    ...(dashPost === undefined && post === undefined ? {} : { post: Number(dashPost ?? (postNumber === '' ? 0 : postNumber)) }),
    ...(dev === undefined ? {} : { dev: Number(devNumber ?? 0) }), ...(local === undefined ? {} : { local: local.replaceAll(/[-_]/g, '.') }),
  };
}

export function isPrerelease({ pre, dev }: PyVersion): boolean {
  return pre !== undefined || dev !== undefined;
}

/** Negative: a before b. Local versions come after the same version without. */
export function compareVersions(a: PyVersion, b: PyVersion): number {
  return compareLists(keyOf(a), keyOf(b)) || compareLocals(a.local, b.local);
}

/** Epoch, release without trailing zeros (filled up), then how far from the release: dev, pre, release, post. */
function keyOf({ epoch, release, pre, post, dev }: PyVersion): readonly number[] {
  const filled = Array.from({ length: 16 }, (_, at) => release[at] ?? 0);
  const rank = { a: 1, b: 2, rc: 3 }[pre?.[0] ?? ''];
  const before = rank ?? (dev !== undefined && post === undefined ? 0 : 4);
  return [epoch, ...filled, before, pre?.[1] ?? 0, post ?? -1, dev ?? Number.POSITIVE_INFINITY];
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [one, other] = [a[at] ?? 0, b[at] ?? 0];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

function compareLocals(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  return a.localeCompare(b, 'en', { numeric: true });
}

/** One clause of a specifier: `>=1.2`, `==1.*`, `~=1.4`. */
export interface Clause {
  readonly operator: string;
  readonly version: PyVersion;
  /** `==1.2.*` */
  readonly isPrefix: boolean;
}

/** A specifier set; undefined: not by PEP 440, or `===`, which compares texts and nobody needs. */
export function readSpecifier(text: string): readonly Clause[] | undefined {
  const parts = text.split(',').map((part) => part.trim()).filter((part) => part !== '');
  const clauses = parts.map((part): Clause | undefined => {
    const [, operator = '', given = ''] = /^(~=|==|!=|<=|>=|<|>)\s*(\S+)$/.exec(part) ?? [];
    const isPrefix = given.endsWith('.*') && (operator === '==' || operator === '!=');
    const version = readVersion(isPrefix ? given.slice(0, -2) : given);
    const isLong = operator !== '~=' || (version?.release.length ?? 0) > 1;
    return version === undefined || !isLong ? undefined : { operator, version, isPrefix };
  });
  return clauses.every((clause) => clause !== undefined) ? clauses : undefined;
}

/** Whether a version is in the set; of prereleases the caller decides. */
export function isIn(version: PyVersion, clauses: readonly Clause[]): boolean {
  return clauses.every((clause) => holds(version, clause));
}

function holds(version: PyVersion, { operator, version: wanted, isPrefix }: Clause): boolean {
  if (isPrefix) return startsWith(version, wanted) === (operator === '==');
  const bare = wanted.local === undefined ? withoutLocal(version) : version;
  const order = compareVersions(bare, wanted);
  switch (operator) {
    case '==': return order === 0;
    case '!=': return order !== 0;
    case '<=': return order <= 0;
    case '>=': return order >= 0;
    // A prerelease of the bound is not below it, a post-release not above it (PEP 440, exclusive ordered comparison).
    case '<': return order < 0 && !(isPrerelease(version) && !isPrerelease(wanted) && startsWith(version, baseOf(wanted)) && sameRelease(version, wanted));
    case '>': return order > 0 && !(version.post !== undefined && wanted.post === undefined && sameRelease(version, wanted));
    default: return order >= 0 && startsWith(version, { ...wanted, release: wanted.release.slice(0, -1) });
  }
}

function baseOf({ text, epoch, release }: PyVersion): PyVersion {
  return { text, epoch, release };
}

function withoutLocal(version: PyVersion): PyVersion {
  const { local: _, ...rest } = version;
  return rest;
}

function sameRelease(a: PyVersion, b: PyVersion): boolean {
  return compareVersions(baseOf(a), baseOf(b)) === 0;
}

function startsWith(version: PyVersion, prefix: PyVersion): boolean {
  return version.epoch === prefix.epoch && prefix.release.every((part, at) => (version.release[at] ?? 0) === part);
}
