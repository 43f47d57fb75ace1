import { compareVersions, readSpecifier, isIn, readVersion } from './version.ts';

/** What markers may ask of the interpreter (PEP 508, environment markers). */
export type MarkerEnvironment = Readonly<Record<string, string>>;

const TOKEN = /\s*(?:(\(|\))|(and|or)\b|(not\s+in|in)\b|(===|~=|==|!=|<=|>=|<|>)|'([^']*)'|"([^"]*)"|([a-z_][\w.]*))/y;
const DEPTH_MAX = 32;
const VERSIONS: ReadonlySet<string> = new Set(['python_version', 'python_full_version', 'implementation_version']);
const OLD_NAMES: Readonly<Record<string, string>> = {
  'os.name': 'os_name', 'sys.platform': 'sys_platform', 'platform.version': 'platform_version', 'platform.machine': 'platform_machine',
  'platform.python_implementation': 'platform_python_implementation', python_implementation: 'platform_python_implementation',
};

interface Token {
  readonly kind: 'bracket' | 'join' | 'operator' | 'text' | 'name';
  readonly text: string;
}

/** Whether a marker holds; undefined: it can't be read, and what it guards can't be judged. */
export function markerHolds(marker: string, environment: MarkerEnvironment): boolean | undefined {
  const tokens = tokensOf(marker);
  if (tokens === undefined) return undefined;
  let at = 0;
  const next = (): Token | undefined => tokens[at++];
  const either = (depth: number): boolean | undefined => {
    let value = both(depth);
    while (tokens[at]?.text === 'or' && tokens[at]?.kind === 'join') {
      at += 1;
      const other = both(depth);
      value = value === undefined || other === undefined ? undefined : value || other;
    }
    return value;
  };
  const both = (depth: number): boolean | undefined => {
    let value = one(depth);
    while (tokens[at]?.text === 'and' && tokens[at]?.kind === 'join') {
      at += 1;
      const other = one(depth);
      value = value === undefined || other === undefined ? undefined : value && other;
    }
    return value;
  };
  const one = (depth: number): boolean | undefined => {
    if (depth > DEPTH_MAX) return undefined;
    const [left] = [next()];
    if (left?.text === '(' && left.kind === 'bracket') {
      const value = either(depth + 1);
      return next()?.text === ')' ? value : undefined;
    }
    const [operator, right] = [next(), next()];
    return compare(left, operator, right, environment);
  };
  const value = either(0);
  return at === tokens.length ? value : undefined;
}

function tokensOf(marker: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const text = marker.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    const [, bracket, join, within, operator, single, double, name] = match;
    const quoted = single ?? double;
    if (bracket !== undefined) tokens.push({ kind: 'bracket', text: bracket });
    else if (join !== undefined) tokens.push({ kind: 'join', text: join });
    else if ((within ?? operator) !== undefined) tokens.push({ kind: 'operator', text: (within ?? operator ?? '').replace(/\s+/, ' ') });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted });
    else tokens.push({ kind: 'name', text: OLD_NAMES[name ?? ''] ?? name ?? '' });
  }
  return tokens;
}

function compare(left: Token | undefined, operator: Token | undefined, right: Token | undefined, environment: MarkerEnvironment): boolean | undefined {
  if (operator?.kind !== 'operator') return undefined;
  const [a, b] = [valueOf(left, environment), valueOf(right, environment)];
  if (a === undefined || b === undefined) return undefined;
  if (operator.text === 'in') return b.includes(a);
  if (operator.text === 'not in') return !b.includes(a);
  const isVersion = [left, right].some((token) => token?.kind === 'name' && VERSIONS.has(token.text));
  if (isVersion) return left?.kind === 'name' ? versionHolds(a, operator.text, b) : versionHolds(b, MIRRORED[operator.text] ?? operator.text, a);
  if (operator.text === '==') return a === b;
  if (operator.text === '!=') return a !== b;
  // What is no version on both sides is compared as text.
  const [one, other] = [readVersion(a), readVersion(b)];
  const order = one === undefined || other === undefined ? (a < b ? -1 : Number(a > b)) : compareVersions(one, other);
  return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator.text];
}

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function versionHolds(version: string, operator: string, wanted: string): boolean | undefined {
  const read = readVersion(version);
  const clauses = readSpecifier(`${operator}${wanted}`);
  return read === undefined || clauses === undefined ? undefined : isIn(read, clauses);
}

function valueOf(token: Token | undefined, environment: MarkerEnvironment): string | undefined {
  if (token?.kind === 'text') return token.text;
  return token?.kind === 'name' && Object.hasOwn(environment, token.text) ? environment[token.text] : undefined;
}
