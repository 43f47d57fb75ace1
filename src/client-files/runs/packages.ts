import type { Runs } from '../../domain/runs.ts';
import { publicAddress } from './address.ts';

type Package = Extract<Runs, { readonly kind: 'package' }>;

/** `@scope/name@1.2.3`, `name@latest`, `npm:name@1`, a Git or tarball address. Undefined: a path of this machine. */
export function npmPackage(spec: string): Package | undefined {
  const plain = spec.replace(/^npm:/, '');
  if (/^(?:\.{0,2}\/|~|file:|[a-z]:[\\/])/i.test(plain)) return undefined;
  const [, short, ref] = /^(?:github:)?([\w.-]+\/[\w.-]+)(?:#(.+))?$/i.exec(plain) ?? [];
  if (short !== undefined && !plain.startsWith('@')) return fetched('npm', `git+https://github.com/${short}`, ref);
  if (/^(?:git\+|git:|https?:|ssh:)/i.test(plain)) return fetched('npm', plain.replace(/#.*$/s, ''), /#(.+)$/s.exec(plain)?.[1]);
  const [, name = plain, version] = /^(@?[^@]+)@(.+)$/.exec(plain) ?? [];
  return { kind: 'package', ecosystem: 'npm', name: name.toLowerCase(), ...versionOf(version) };
}

/** `name==1.2`, `name[extra]@1.2`, `name>=1`, an address of Git. Undefined: a path of this machine. */
export function pypiPackage(spec: string): Package | undefined {
  const plain = spec.trim();
  if (/^(?:\.{0,2}\/|~|\.$|file:|[a-z]:[\\/])/i.test(plain)) return undefined;
  const [, given] = /^(?:[\w.-]+)?(?:\[[^\]]*\])?\s*@?\s*((?:git\+|https?:|ssh:).+)$/i.exec(plain) ?? [];
  if (given !== undefined) {
    // Who fetches it stands before an @, too; what is behind one is a version only in the path.
    const address = given.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
    const ref = /(?<=[^/@]\/[^@]*)@([^#/]+)/.exec(address)?.[1];
    return fetched('pypi', ref === undefined ? address : address.replace(`@${ref}`, ''), ref);
  }
  const [, name = plain, version] = /^([\w.-]+)(?:\[[^\]]*\])?\s*(?:(?:===?|@)\s*(.+)|[<>!~].*)?$/.exec(plain) ?? [];
  return { kind: 'package', ecosystem: 'pypi', name: name.toLowerCase().replace(/[-_.]+/g, '-'), ...versionOf(version?.trim()) };
}

/** `mcp/github:1` → `docker.io/mcp/github`; a digest is its version where it has one. */
export function imagePackage(reference: string): Package {
  const [untagged = '', digest] = reference.split('@', 2);
  const slash = untagged.lastIndexOf('/');
  const colon = untagged.indexOf(':', slash + 1);
  const [path, tag] = colon < 0 ? [untagged, undefined] : [untagged.slice(0, colon), untagged.slice(colon + 1)];
  const [first = '', ...others] = path.toLowerCase().split('/');
  const isRegistry = others.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const registry = isRegistry && first !== 'index.docker.io' && first !== 'registry-1.docker.io' ? first : 'docker.io';
  const repository = isRegistry ? others.join('/') : path.toLowerCase();
  const name = registry === 'docker.io' && !repository.includes('/') ? `docker.io/library/${repository}` : `${registry}/${repository}`;
  return { kind: 'package', ecosystem: 'oci', name, ...versionOf(digest ?? tag) };
}

/** `github.com/x/y/cmd/z@v1.2.3`. */
export function goPackage(spec: string): Package | undefined {
  if (!/^[\w.-]+\.[a-z]{2,}\//i.test(spec)) return undefined;
  const [name = '', version] = spec.split('@', 2);
  return { kind: 'package', ecosystem: 'go', name, ...versionOf(version) };
}

/** A package that lies unpacked where its package manager put it: the path of one of its files tells which it is. */
export function installedPackage(path: string): Package | undefined {
  const plain = path.replaceAll('\\', '/');
  const npm = [...plain.matchAll(/\/node_modules\/((?:@[\w.-]+\/)?[\w-][\w.-]*)\//g)].at(-1)?.[1];
  if (npm !== undefined) return { kind: 'package', ecosystem: 'npm', name: npm.toLowerCase() };
  const tool = /\/(?:uv\/tools|pipx\/venvs)\/([\w.-]+)\//.exec(plain)?.[1];
  return tool === undefined ? undefined : pypiPackage(tool);
}

function fetched(ecosystem: 'npm' | 'pypi', address: string, ref: string | undefined): Package {
  return { kind: 'package', ecosystem, name: publicAddress(address), ...versionOf(ref) };
}

/** `latest` is no version: whichever is the newest. */
function versionOf(version: string | undefined): { readonly version?: string } {
  return version === undefined || version === '' || version === 'latest' || version === '*' ? {} : { version };
}
