/** What one package asks of another: which package, and which versions of it. */
export interface Wanted {
  readonly name: string;
  /** A range, an exact version, or a tag. */
  readonly spec: string;
}

const NAME = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~_-][\w.~-]*$/i;
const VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
const PART = String.raw`(?:\d+|[xX*])`;
const COMPARATOR = new RegExp(String.raw`^(?:[<>]=?|=|~>?|\^)?\s*v?${PART}(?:\.${PART}){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$`);

/** The names that the registry of npm gives; anything else is no package of a registry. */
function isNpmName(name: string): boolean {
  return name.length <= 214 && NAME.test(name);
}

export function isExact(spec: string): boolean {
  return VERSION.test(spec);
}

export function isTag(spec: string): boolean {
  return /^[a-z][\w.-]*$/i.test(spec) && !/^(?:v\d|[xX](?:$|\.))/.test(spec);
}

/** Reads one line of `dependencies`; undefined: it is no package of the registry (a URL, a repository, a path). */
export function readWanted(name: string, spec: string): Wanted | undefined {
  const alias = /^npm:(@?[^@]+)(?:@(.*))?$/.exec(spec);
  const wanted = alias === null ? { name, spec: spec.trim() } : { name: alias[1] ?? '', spec: (alias[2] ?? '').trim() };
  return isNpmName(wanted.name) && (isTag(wanted.spec) || isRange(wanted.spec)) ? wanted : undefined;
}

/** Bun takes any text for a range; only what npm's own grammar allows is one. */
function isRange(spec: string): boolean {
  return spec.split('||').every((part) => {
    const words = part.trim().replaceAll(/([<>]=?|=|~>?|\^)\s+/g, '$1').split(/\s+/).filter((word) => word !== '');
    const plain = words.length === 3 && words[1] === '-' ? [words[0] ?? '', words[2] ?? ''] : words;
    return plain.every((word) => COMPARATOR.test(word));
  });
}

export function satisfies(version: string, spec: string): boolean {
  return Bun.semver.satisfies(version, spec === '' ? '*' : spec);
}

/** Newest first. */
export function byVersion(a: string, b: string): number {
  return Bun.semver.order(b, a);
}
