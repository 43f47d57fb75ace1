import { LIMITS } from '../domain/limits.ts';
import { PACKAGE_ROOT } from '../domain/server.ts';
import { ArchiveProblem } from './archive/member.ts';
import { createUnpacking, type Unpacking } from './archive/unpacking.ts';
import type { Member } from './archive/member.ts';
import { readTarball } from './archive/tar.ts';
import { readZip } from './archive/zip.ts';
import { eachOf } from './ask.ts';
import type { Locked, Sources } from './ask.ts';
import type { Entry } from './entry.ts';
import { packageFault } from './fault.ts';
import { readManifest } from './npm/manifest.ts';
import type { NpmManifest } from './npm/manifest.ts';
import { createNpmRegistry } from './npm/packument.ts';
import { resolveNpm } from './npm/resolve.ts';
import type { Machine } from './npm/resolve.ts';
import { readWanted } from './npm/range.ts';
import { createPyIndex } from './pypi/project.ts';
import type { Wheel } from './pypi/project.ts';
import { readRequirement } from './pypi/requirement.ts';
import { resolvePypi } from './pypi/resolve.ts';
import { readWheel } from './pypi/wheel.ts';
import type { WheelContent } from './pypi/wheel.ts';
import type { Interpreter } from './pypi/wheel-name.ts';
import type { Provenance } from './provenance.ts';
import type { Staging } from './stage.ts';

const AT_ONCE = 8;

/** What is installed: the package that is named first, and what is put beside it. */
export interface Asked {
  readonly specs: readonly string[];
}

export interface InstallParts {
  readonly sources: Sources;
  readonly staging: Staging;
  /** Whether the package itself, not all it needs, must say who built it. */
  readonly provenance: 'required' | 'checked';
  /** Says how far it is. */
  readonly tell: (stage: string) => void;
  /** What all archives may unpack to. Default: `LIMITS.packageUnpackedBytesMax`. */
  readonly unpackedBytesMax?: number;
}

export interface Installed {
  readonly digest: string;
  readonly entry: Omit<Entry, 'files' | 'form'>;
}

/** An npm package with its whole tree; no script of any of them is run. Throws `ERR_PACKAGE_*`. */
export async function installNpm({ specs }: Asked, machine: Machine, parts: InstallParts): Promise<Installed> {
  const roots = specs.map((spec) => {
    const at = spec.indexOf('@', 1);
    const wanted = at < 0 ? readWanted(spec, 'latest') : readWanted(spec.slice(0, at), spec.slice(at + 1));
    if (wanted !== undefined && !spec.slice(1).includes('@npm:')) return wanted;
    throw packageFault('ERR_PACKAGE_UNSUPPORTED', `npm:${spec}`, 'it is no package of the registry');
  });
  parts.tell(`resolving ${specs.join(', ')}`);
  const { locked, notes } = await resolveNpm(roots, createNpmRegistry(parts.sources), machine);
  const unpacking = createUnpacking(parts.unpackedBytesMax);
  const found: { readonly locked: Locked; readonly manifest: NpmManifest; readonly provenance: Provenance | undefined }[] = [];
  await eachOf(locked, AT_ONCE, async (one) => {
    const archive = await fetchArchive(one, 'npm', parts);
    const provenance = await provenanceOfNpm(one, archive, parts);
    const members = stripped(await unpack(`npm:${one.name}@${one.version}`, () => unpacking(archive, readTarball)));
    const manifest = readManifest(one, members);
    await unpack(`npm:${one.name}@${one.version}`, () => parts.staging.add(one.at, members));
    found.push({ locked: one, manifest, provenance });
    parts.tell(`fetched ${found.length} of ${locked.length} packages`);
  });
  const all = found.toSorted((a, b) => (a.locked.at < b.locked.at ? -1 : 1));
  const root = all.find(({ locked: { at } }) => at === `node_modules/${roots[0]?.name ?? ''}`);
  if (root === undefined) throw packageFault('ERR_PACKAGE_INVALID', `npm:${specs[0] ?? ''}`, 'its own package is not in its tree');
  requireProvenance('npm', root.locked.name, root.provenance, parts);
  const entry = {
    ecosystem: 'npm' as const, name: root.locked.name, version: root.locked.version,
    programs: programsOf(all.filter(({ locked: { at } }) => roots.some(({ name }) => at === `node_modules/${name}`))),
    packages: all.map(({ locked: { name, version, at, integrity }, provenance }) => ({ name, version, at, integrity,
      ...(provenance === undefined ? {} : { provenance }) })),
    notes: [...all.flatMap(({ manifest }) => manifest.notes), ...notes].slice(0, LIMITS.packageNotesMax),
  };
  return { digest: await parts.staging.commit(entry), entry };
}

function programsOf(found: readonly { readonly locked: Locked; readonly manifest: NpmManifest }[]): Record<string, string[]> {
  return Object.fromEntries(found.flatMap(({ locked: { at }, manifest }) =>
    Object.entries(manifest.programs).map(([name, path]) => [name, ['node', `${PACKAGE_ROOT}/${at}/${path}`]])));
}

async function provenanceOfNpm({ name, version, attestations }: Locked, archive: Uint8Array, parts: InstallParts): Promise<Provenance | undefined> {
  if (attestations === undefined) return undefined;
  const what = `npm:${name}@${version}`;
  const { verifyNpm } = await import('./provenance.ts');
  // A package URL: the `@` of a scope is written as %40.
  const subject = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  const digest = new Bun.CryptoHasher('sha512').update(archive).digest('hex');
  return verifyNpm(await askAttestations(what, attestations, parts), { what, subject, algorithm: 'sha512', digest });
}

async function askAttestations(what: string, url: string, { sources }: InstallParts): Promise<unknown> {
  const bytes = await sources.ask(url, { bytesMax: LIMITS.packageAttestationBytesMax, accept: 'application/json, application/vnd.pypi.integrity.v1+json' });
  if (bytes === undefined) throw packageFault('ERR_PACKAGE_PROVENANCE', what, 'the registry says that it has attestations, and does not give them');
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw packageFault('ERR_PACKAGE_PROVENANCE', what, 'its attestations cannot be read');
  }
}

function requireProvenance(ecosystem: 'npm' | 'pypi', name: string, provenance: Provenance | undefined, { provenance: policy, sources }: InstallParts): void {
  if (policy === 'checked' || provenance !== undefined || sources.excepts('provenance', ecosystem, name)) return;
  throw packageFault('ERR_PACKAGE_PROVENANCE', `${ecosystem}:${name}`, 'nothing says who built it, and packages.provenance requires that');
}

/** npm puts all of a package below one folder, whatever it is called. */
function stripped(members: readonly Member[]): readonly Member[] {
  return members.map((member) => ({ ...member, path: member.path.slice(member.path.indexOf('/') + 1) }));
}

/** A Python package with all it needs, from wheels alone: a source archive would run its own code to be built. Throws `ERR_PACKAGE_*`. */
export async function installPypi({ specs }: Asked, interpreter: Interpreter, parts: InstallParts): Promise<Installed> {
  const roots = specs.map((spec) => {
    const requirement = readRequirement(spec.replace(/^([\w.-]+(?:\[[^\]]*\])?)@/, '$1=='));
    if (requirement !== undefined && requirement.marker === undefined) return requirement;
    throw packageFault('ERR_PACKAGE_UNSUPPORTED', `pypi:${spec}`, 'it is no package of the index');
  });
  const known = new Map<string, Promise<Fetched>>();
  const unpacking = createUnpacking(parts.unpackedBytesMax);
  const fetched = (wheel: Wheel): Promise<Fetched> => {
    const found = known.get(wheel.file) ?? fetchWheel(wheel, parts, unpacking);
    known.set(wheel.file, found);
    return found;
  };
  parts.tell(`resolving ${specs.join(', ')}`);
  const wheels = await resolvePypi(roots, createPyIndex(parts.sources, interpreter), interpreter, async (wheel) => (await fetched(wheel)).content.requirements);
  const root = wheels.find(({ name }) => name === roots[0]?.name);
  if (root === undefined) throw packageFault('ERR_PACKAGE_INVALID', `pypi:${specs[0] ?? ''}`, 'its own package is not in its tree');
  const packages: Entry['packages'] = [];
  const notes: string[] = [];
  const programs: Record<string, string[]> = {};
  for (const wheel of wheels) {
    const { content, provenance, integrity } = await fetched(wheel);
    const what = `pypi:${wheel.name}==${wheel.version.text}`;
    await unpack(what, () => parts.staging.add('site', content.files));
    if (content.dropped > 0) notes.push(`${wheel.name}: ${content.dropped} files for the system (scripts, data) are left out`);
    if (roots.some(({ name }) => name === wheel.name)) {
      for (const [name, place] of Object.entries(content.programs)) {
        const file = `run/${name}.py`;
        await unpack(what, () => parts.staging.add('', [{ path: file, bytes: Buffer.from(startOf(place)), executable: false }]));
        // Isolated: no user's modules, no variables of Python, no packages of the machine, nothing written beside the code.
        programs[name] = ['python3', '-I', '-S', '-B', `${PACKAGE_ROOT}/${file}`];
      }
    }
    packages.push({ name: wheel.name, version: wheel.version.text, at: 'site', integrity, ...(provenance === undefined ? {} : { provenance }) });
    if (wheel === root) requireProvenance('pypi', wheel.name, provenance, parts);
  }
  const entry = { ecosystem: 'pypi' as const, name: root.name, version: root.version.text, programs, packages, notes: notes.slice(0, LIMITS.packageNotesMax) };
  return { digest: await parts.staging.commit(entry), entry };
}

/** What an installer would write for a console script, with the entry's own modules in front. `place` is `module:function`, checked. */
function startOf(place: string): string {
  const [module = '', callable = ''] = place.split(':');
  const [first = ''] = callable.split('.');
  return [
    'import os', 'import sys', "sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'site'))",
    `from ${module} import ${first}`, `sys.exit(${callable}())`, '',
  ].join('\n');
}

interface Fetched {
  readonly content: WheelContent;
  readonly integrity: string;
  readonly provenance: Provenance | undefined;
}

async function fetchWheel(wheel: Wheel, parts: InstallParts, unpacking: Unpacking): Promise<Fetched> {
  const what = `pypi:${wheel.name}==${wheel.version.text}`;
  const integrity = `sha256-${Buffer.from(wheel.sha256, 'hex').toString('base64')}`;
  const archive = await fetchArchive({ name: wheel.name, version: wheel.version.text, url: wheel.url, integrity, at: 'site' }, 'pypi', parts);
  parts.tell(`fetched ${wheel.name}`);
  let provenance: Provenance | undefined;
  if (wheel.provenance !== undefined) {
    const { verifyPypi } = await import('./provenance.ts');
    provenance = verifyPypi(await askAttestations(what, wheel.provenance, parts), { what, subject: wheel.file, algorithm: 'sha256', digest: wheel.sha256 });
  }
  const members = await unpack(what, () => unpacking(archive, readZip));
  return { content: readWheel(wheel, members), integrity, provenance };
}

/** The bytes of an archive, which are what the registry said that they are. Throws `ERR_PACKAGE_INTEGRITY`. */
async function fetchArchive({ name, version, url, integrity }: Locked, ecosystem: 'npm' | 'pypi', { sources }: InstallParts): Promise<Uint8Array> {
  const what = `${ecosystem}:${name}@${version}`;
  const bytes = await sources.ask(url, { bytesMax: LIMITS.packageArchiveBytesMax });
  if (bytes === undefined) throw packageFault('ERR_PACKAGE_UNKNOWN', what, 'the registry names its archive, and does not give it');
  const [algorithm] = integrity.split('-', 1);
  const digest = new Bun.CryptoHasher(algorithm === 'sha512' ? 'sha512' : 'sha256').update(bytes).digest('base64');
  if (`${algorithm}-${digest}` !== integrity) throw packageFault('ERR_PACKAGE_INTEGRITY', what, 'its archive is not the one that was published');
  return bytes;
}

async function unpack<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ArchiveProblem) throw packageFault('ERR_PACKAGE_ARCHIVE', what, error.message);
    throw error;
  }
}
