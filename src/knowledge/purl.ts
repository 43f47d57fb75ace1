/** A package as a package URL names it, in the words of `advisoriesFor`. */
export interface NamedPackage {
  readonly ecosystem: string;
  readonly name: string;
  readonly version?: string;
}

/** Types of package URLs whose ecosystem has another name here. */
const ECOSYSTEMS: Readonly<Record<string, string>> = { golang: 'go', generic: 'app', docker: 'oci' };

/** Reads `pkg:type/namespace/name@version?qualifiers#subpath` (purl-spec); qualifiers and subpath say nothing of which package it is. Undefined: it is none. */
export function readPackageUrl(text: string): NamedPackage | undefined {
  const [, type, path, version] = /^pkg:\/*([A-Za-z][A-Za-z0-9.+-]*)\/([^@?#]+)(?:@([^?#]+))?(?:\?[^#]*)?(?:#.*)?$/.exec(text) ?? [];
  const parts = path?.split('/').filter((part) => part !== '').map(decoded);
  const ending = version === undefined ? undefined : decoded(version);
  if (type === undefined || parts === undefined || parts.length === 0 || parts.includes(undefined)) return undefined;
  const lower = type.toLowerCase();
  // Maven's names are `group:artifact`; all others are paths.
  const name = parts.join(lower === 'maven' ? ':' : '/');
  return { ecosystem: ECOSYSTEMS[lower] ?? lower, name, ...(ending === undefined ? {} : { version: ending }) };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
