import { LIMITS } from '../../domain/limits.ts';
import type { Locked } from '../ask.ts';
import { packageFault } from '../fault.ts';
import type { NpmRegistry, NpmVersion } from './packument.ts';
import { readWanted, satisfies, isTag } from './range.ts';
import type { Wanted } from './range.ts';

export interface Machine {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string;
}

/** A locked tree: each package with its folder, and what a person should know. */
export interface NpmTree {
  readonly locked: readonly Locked[];
  readonly notes: readonly string[];
}

interface Node {
  readonly at: string;
  readonly version: NpmVersion;
  readonly parent: Node | undefined;
  readonly children: Map<string, Node>;
}

interface Edge {
  readonly from: Node;
  /** Under which name it is required; an alias differs from the package's own. */
  readonly alias: string;
  readonly wanted: Wanted | undefined;
  readonly kind: 'needed' | 'optional' | 'peer';
}

/**
 * The whole tree of one package, laid out as Node looks for modules: each as near to the top as its version allows. Peers are
 * installed like dependencies of the top; optional ones of other machines are left out. Throws `ERR_PACKAGE_*`.
 */
export async function resolveNpm(roots: readonly Wanted[], registry: NpmRegistry, machine: Machine): Promise<NpmTree> {
  const notes: string[] = [];
  const top: Node = { at: '', version: emptyVersion(), parent: undefined, children: new Map() };
  const nodes: Node[] = [];
  let edges: readonly Edge[] = roots.map((wanted) => ({ from: top, alias: wanted.name, wanted, kind: 'needed' as const }));
  while (edges.length > 0) {
    // Asked for at once, placed in order: the tree is the same whatever arrives first.
    const chosen = edges.map((edge) => settled(choose(edge, registry)));
    const placed: Node[] = [];
    for (const [index, edge] of edges.entries()) {
      const version = await chosen[index];
      const node = version === undefined ? undefined : place(edge, version, machine, notes);
      if (node !== undefined) placed.push(node);
      if (nodes.length + placed.length > LIMITS.packageTreeMax) {
        throw packageFault('ERR_PACKAGE_UNSUPPORTED', nameOf(roots[0]), `it needs more than ${LIMITS.packageTreeMax} packages`);
      }
    }
    nodes.push(...placed);
    edges = placed.flatMap(edgesOf);
  }
  return { locked: nodes.map(toLocked), notes };
}

function nameOf(wanted: Wanted | undefined): string {
  return `npm:${wanted?.name ?? ''}@${wanted?.spec ?? ''}`;
}

/** Rejections wait until they are looked at in order: the first edge that fails is the one that is told. */
function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

async function choose({ from, alias, wanted, kind }: Edge, registry: NpmRegistry): Promise<NpmVersion | undefined> {
  if (wanted === undefined) {
    if (kind === 'optional') return undefined;
    throw packageFault('ERR_PACKAGE_UNSUPPORTED', `npm:${from.version.name}@${from.version.version}`,
      `it needs ${JSON.stringify(alias)} from elsewhere than the registry`);
  }
  const there = visible(from, alias);
  if (there !== undefined && fits(there, wanted)) return there.version;
  if (kind !== 'optional') return registry.choose(wanted);
  return registry.choose(wanted).catch(() => undefined);
}

/** What `require(alias)` in a package finds. */
function visible(from: Node, alias: string): Node | undefined {
  for (let node: Node | undefined = from; node !== undefined; node = node.parent) {
    const child = node.children.get(alias);
    if (child !== undefined) return child;
  }
  return undefined;
}

function fits(node: Node, { name, spec }: Wanted): boolean {
  return node.version.name === name && (isTag(spec) || satisfies(node.version.version, spec));
}

function place({ from, alias, wanted, kind }: Edge, version: NpmVersion, machine: Machine, notes: string[]): Node | undefined {
  if (!runsOn(version, machine)) {
    if (kind === 'optional') return undefined;
    throw packageFault('ERR_PACKAGE_UNSUPPORTED', `npm:${version.name}@${version.version}`,
      `it is not for ${machine.os} on ${machine.cpu} with ${machine.libc}`);
  }
  const there = visible(from, alias);
  if (there !== undefined && wanted !== undefined && fits(there, wanted)) return undefined;
  if (there !== undefined && kind === 'peer') {
    notes.push(`${from.version.name} wants ${alias} ${wanted?.spec ?? ''} beside it; ${there.version.version} is`);
    return undefined;
  }
  // Free above: at the top, where all share it. Taken above: at home, so that nobody else's is shadowed.
  const home = there === undefined ? topOf(from) : from;
  const node: Node = { at: `${home.at === '' ? '' : `${home.at}/`}node_modules/${alias}`, version, parent: home, children: new Map() };
  home.children.set(alias, node);
  return node;
}

function topOf(node: Node): Node {
  return node.parent === undefined ? node : topOf(node.parent);
}

/** `os: [linux, '!win32']`: any of those that are named, none of those that are excluded. */
function runsOn({ os, cpu, libc }: Pick<NpmVersion, 'os' | 'cpu' | 'libc'>, machine: Machine): boolean {
  return matches(os, machine.os) && matches(cpu, machine.cpu) && matches(libc, machine.libc);
}

function matches(list: readonly string[], value: string): boolean {
  const named = list.filter((one) => !one.startsWith('!'));
  return !list.includes(`!${value}`) && (named.length === 0 || named.includes(value) || named.includes('any'));
}

function edgesOf(from: Node): readonly Edge[] {
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta, bundleDependencies, bundledDependencies } = from.version;
  const bundled = bundleDependencies ?? bundledDependencies ?? [];
  const isBundled = (name: string): boolean => (typeof bundled === 'boolean' ? bundled : bundled.includes(name));
  const edges = (specs: Readonly<Record<string, string>>, kind: Edge['kind']): readonly Edge[] =>
    Object.entries(specs).filter(([alias]) => !isBundled(alias)).toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([alias, spec]) => ({ from, alias: checkAlias(from, alias), wanted: readWanted(alias, spec), kind }));
  const needed = Object.fromEntries(Object.entries(dependencies).filter(([alias]) => !Object.hasOwn(optionalDependencies, alias)));
  const isPeer = (alias: string): boolean => peerDependenciesMeta[alias]?.optional !== true && !Object.hasOwn(needed, alias);
  const peers = Object.fromEntries(Object.entries(peerDependencies).filter(([alias]) => isPeer(alias)));
  return [...edges(needed, 'needed'), ...edges(optionalDependencies, 'optional'), ...edges(peers, 'peer')];
}

/** It becomes a folder. */
function checkAlias({ version }: Node, alias: string): string {
  if (readWanted(alias, '*') !== undefined) return alias;
  throw packageFault('ERR_PACKAGE_INVALID', `npm:${version.name}@${version.version}`,
    `it needs something with the name ${JSON.stringify(alias.slice(0, 100))}`);
}

function toLocked({ at, version }: Node): Locked {
  const { name, version: number, dist, publishedAt } = version;
  if (dist.integrity === undefined || !/(?:^|\s)sha512-[A-Za-z0-9+/]{86}==(?:\s|$)/.test(dist.integrity)) {
    throw packageFault('ERR_PACKAGE_INTEGRITY', `npm:${name}@${number}`, 'the registry gives no SHA-512 of it');
  }
  return {
    name, version: number, at, url: dist.tarball, integrity: /sha512-\S+/.exec(dist.integrity)?.[0] ?? '',
    ...(publishedAt === undefined ? {} : { publishedAt }), ...(dist.attestations === undefined ? {} : { attestations: dist.attestations.url }),
  };
}

function emptyVersion(): NpmVersion {
  return {
    name: '', version: '', dependencies: {}, optionalDependencies: {}, peerDependencies: {}, peerDependenciesMeta: {}, os: [], cpu: [], libc: [],
    dist: { tarball: '' },
  };
}
