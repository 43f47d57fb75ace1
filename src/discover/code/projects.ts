import { dirname } from 'node:path/posix';
import type { Runs } from '../../domain/runs.ts';
import type { SourceRoles } from '../clues/source-roles.ts';
import { isTool, nameConfidence, sdkRoleOf } from '../clues/sdks.ts';
import type { LockedPackage } from './read/locks.ts';
import type { Manifest } from './read/manifests.ts';
import type { CodeLook, LocatedDependency, Clue } from './clue.ts';

/** What was read of one folder with a manifest, or of a repository's root. */
export interface Project {
  /** From the repository's root; '' for it. */
  readonly folder: string;
  readonly manifests: { readonly path: string; readonly manifest: Manifest }[];
  readonly locks: { readonly path: string; readonly packages: readonly LockedPackage[] }[];
  readonly sources: { readonly path: string; readonly roles: SourceRoles }[];
}

/** A clue with the file that it is of. */
export interface PlacedClue extends Clue {
  readonly path: string;
}

/** The folder of the nearest manifest above a file; '' where there is none. */
export function projectFolderOf(path: string, folders: ReadonlySet<string>): string {
  for (let folder = dirname(path); folder !== '.' && folder !== ''; folder = dirname(folder)) if (folders.has(folder)) return folder;
  return '';
}

/** What a project is, and the servers that it needs as packages. */
export function cluesOfProject(project: Project, look: CodeLook): readonly PlacedClue[] {
  const own = ownClue(project, look);
  const listed = project.manifests.flatMap(({ path, manifest }) => manifest.dependencies.flatMap((each) => dependencyClue(path, each, look)));
  const locked = project.locks.flatMap(({ path, packages }) => packages.flatMap((each) => lockedClue(path, each, look)));
  return [...(own === undefined ? [] : [own]), ...locked, ...listed];
}

/** Whether it makes a server, a client, or could be either; by its sources first, else by what it needs. */
function ownClue({ manifests, locks, sources }: Project, look: CodeLook): PlacedClue | undefined {
  const needed = manifests.flatMap(({ path, manifest }) => manifest.dependencies.flatMap((each) => {
    const role = sdkRoleOf(each);
    return role === undefined ? [] : [{ path, role, dependency: each }];
  }));
  const server = sources.find(({ roles }) => roles.isServer);
  const client = sources.find(({ roles }) => roles.isClient);
  const declared = manifests.find(({ manifest }) => manifest.project.isDeclared);
  const named = manifests.find(({ manifest: { project } }) => project.name !== undefined)?.manifest.project;
  const first = needed[0];
  const shown = server ?? client ?? sources[0];
  if (shown === undefined && first === undefined && declared === undefined) return undefined;
  const kind = server === undefined && declared === undefined && (client !== undefined || needed.every(({ role }) => role === 'client')) ? 'client' : 'server';
  const sdk = sdkFact(first?.dependency, locks);
  const advisories = sdk?.version === undefined ? [] : look.advisoriesFor(sdk.ecosystem, sdk.name, sdk.version);
  const runs = named === undefined ? undefined : publishedAs(named);
  return {
    path: shown?.path ?? declared?.path ?? first?.path ?? '', line: shown?.roles.line ?? first?.dependency.line ?? 1, sensor: 'code', kind,
    confidence: sureness({ isDeclared: declared !== undefined, isShown: (kind === 'server' ? server : client) !== undefined, isNeeded: first !== undefined }),
    risks: advisories.length > 0 ? ['advisory'] : [],
    facts: {
      by: reasonFor(declared !== undefined, shown !== undefined),
      ...(server !== undefined && client !== undefined && { alsoClient: true }),
      ...(sdk !== undefined && { sdk: `${sdk.name}${sdk.version === undefined ? '' : ` ${sdk.version}`}` }),
      ...(advisories.length > 0 && { advisories: advisories.join(', ') }),
    },
    ...(named?.name !== undefined && { name: named.name }), ...(runs !== undefined && { also: [runs] }),
  };
}

function reasonFor(isDeclared: boolean, isShown: boolean): string {
  if (isDeclared) return 'it is published as a server';
  return isShown ? 'its source speaks the protocol' : 'it needs a library of the protocol';
}

function sureness({ isDeclared, isShown, isNeeded }: { readonly isDeclared: boolean; readonly isShown: boolean; readonly isNeeded: boolean }): number {
  if (isDeclared) return 95;
  if (isShown) return isNeeded ? 95 : 85;
  return 60;
}

/** A project is known by its package where the name is one that means it: others have an `app` or a `server`, too. */
function publishedAs({ name, version, ecosystem, isPublic, isDeclared }: Manifest['project']): Runs | undefined {
  if (name === undefined || !isPublic || (ecosystem !== 'npm' && ecosystem !== 'pypi' && ecosystem !== 'cargo')) return undefined;
  const isOwnName = isDeclared || name.startsWith('@') || nameConfidence(ecosystem, name) > 0;
  return isOwnName ? { kind: 'package', ecosystem, name, ...(version !== undefined && { version }) } : undefined;
}

/** The version that is locked is what is used; the one that is asked for may be a range. */
function sdkFact(needed: LocatedDependency | undefined, locks: Project['locks']): LocatedDependency | undefined {
  const all = locks.flatMap(({ packages }) => packages).filter((each) => sdkRoleOf(each) !== undefined);
  return all.find(({ name }) => name === needed?.name) ?? needed ?? all[0];
}

/** A package that is a server by its name, and by what it needs where a lock file says that. */
function lockedClue(path: string, locked: LockedPackage, look: CodeLook): readonly PlacedClue[] {
  const { ecosystem, needs, name, hasProgram } = locked;
  const needsSdk = needs.some((each) => {
    const role = sdkRoleOf({ ecosystem, name: each });
    return role !== undefined && role !== 'client';
  });
  // Tools around the protocol need its library, too.
  const isServer = needsSdk && (hasProgram || nameConfidence(ecosystem, name) > 0) && sdkRoleOf(locked) === undefined && !isTool(name);
  return isServer ? dependencyClue(path, locked, look, 90) : [];
}

function dependencyClue(path: string, { ecosystem, name, version, line }: LocatedDependency, look: CodeLook, sure?: number): readonly PlacedClue[] {
  const confidence = sure ?? nameConfidence(ecosystem, name);
  if (confidence < 50 || (ecosystem !== 'npm' && ecosystem !== 'pypi' && ecosystem !== 'go' && ecosystem !== 'cargo' && ecosystem !== 'nuget')) return [];
  const advisories = version === undefined ? [] : look.advisoriesFor(ecosystem, name, version);
  return [{
    path, line, sensor: 'manifest', kind: 'server', name, confidence, risks: advisories.length > 0 ? ['advisory'] : [],
    runs: { kind: 'package', ecosystem, name, ...(version !== undefined && { version }) },
    facts: { by: 'a package that is needed', ...(advisories.length > 0 && { advisories: advisories.join(', ') }) },
  }];
}
