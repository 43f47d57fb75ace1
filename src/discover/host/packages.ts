import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Observation, Unseen } from '../../domain/observation.ts';
import { reasonOf } from '../bounded-file.ts';
import { keyOfPackage, keyOfProgram } from '../keys.ts';
import { sdkInBinary } from '../clues/binary.ts';
import { npmPackageIn, pythonPackage } from '../clues/origin.ts';
import type { Origin } from '../clues/origin.ts';
import { nameConfidence } from '../clues/sdks.ts';
import { readZipped } from '../clues/zip.ts';
import type { HostLook } from './processes.ts';

/** One home, and whose it is. */
export interface Home {
  readonly folder: string;
  readonly user: string;
}

export interface PackagePlaces {
  /** The root of the machine's files. */
  readonly root: string;
  readonly homes: readonly Home[];
}

type Item = Observation | Unseen;

/**
 * What is installed here that a client could start: packages of Node and Python in the places where they are put for everybody,
 * for a person, or by wrappers (`npx`, `uvx`, `pipx`); programs of Go and Rust; bundles (`.mcpb`, `.dxt`).
 */
export function* observePackages({ root, homes }: PackagePlaces, look: HostLook): Generator<Item> {
  const shared = ['usr/lib/node_modules', 'usr/local/lib/node_modules', 'opt/homebrew/lib/node_modules'].map((each) => join(root, each));
  for (const folder of shared) yield* nodeModules(folder, look);
  for (const site of sitesIn(join(root, 'usr')).concat(sitesIn(join(root, 'usr/local')))) yield* pythonSite(site, look);
  for (const home of homes) yield* ofHome(home, look);
}

function* ofHome({ folder, user }: Home, look: HostLook): Generator<Item> {
  const person = `${user}@${look.machine}`;
  const at = (path: string): string => join(folder, path);
  const modules = [
    '.npm-global/lib/node_modules', '.local/lib/node_modules', '.bun/install/global/node_modules', '.config/yarn/global/node_modules',
    '.volta/tools/image/packages',
  ].map(at);
  const versions = ['.nvm/versions/node', '.local/share/fnm/node-versions', '.asdf/installs/nodejs', '.local/share/mise/installs/node'].map(at);
  const ofVersions = versions.flatMap(below).flatMap((version) => ['lib/node_modules', 'installation/lib/node_modules'].map((path) => join(version, path)));
  const npx = below(at('.npm/_npx')).map((each) => join(each, 'node_modules'));
  for (const place of [...modules, ...ofVersions, ...npx]) yield* nodeModules(place, look, person);
  const tools = ['.local/share/uv/tools', '.local/share/pipx/venvs', '.local/pipx/venvs'].map(at).flatMap(below);
  const cached = below(at('.cache/uv/archive-v0')).slice(0, LIMITS.hostPackagesPerFolderMax);
  for (const place of [at('.local'), ...tools, ...cached]) for (const site of sitesIn(place)) yield* pythonSite(site, look, person);
  for (const place of ['go/bin', '.cargo/bin', '.local/bin'].map(at)) yield* programs(place, look, person);
  for (const place of ['Downloads', 'Desktop'].map(at)) {
    for (const name of entries(place).filter((entry) => /\.(?:mcpb|dxt)$/i.test(entry))) yield* observeBundle(join(place, name), look, person);
  }
}

function* nodeModules(folder: string, look: HostLook, person?: string): Generator<Item> {
  if (isClosed(folder)) yield { place: folder, reason: 'installed packages: may not be read by this user' };
  const named = entries(folder).flatMap((name) => (name.startsWith('@') ? entries(join(folder, name)).map((each) => `${name}/${each}`) : [name]));
  for (const name of named.slice(0, LIMITS.hostPackagesPerFolderMax)) {
    if (name.startsWith('.')) continue;
    const origin = npmPackageIn(join(folder, name));
    if (origin !== undefined) yield* installed(origin, look, person);
  }
}

function* pythonSite(site: string, look: HostLook, person?: string): Generator<Item> {
  for (const name of entries(site).filter((each) => each.endsWith('.dist-info')).slice(0, LIMITS.hostPackagesPerFolderMax)) {
    const origin = pythonPackage(site, name);
    if (origin !== undefined) yield* installed(origin, look, person);
  }
}

/** What needs a library of the protocol is more than a library only if it can be started, which its name must say. */
function* installed(origin: Origin, look: HostLook, person: string | undefined): Generator<Observation> {
  const { ecosystem, name, version, sdk, folder, isDeclared } = origin;
  const named = nameConfidence(ecosystem, name);
  const confidence = isDeclared ? 95 : named > 0 && sdk !== undefined && sdk.role !== 'client' ? 90 : named;
  if (confidence < 50) return;
  const advisories = [
    ...(version === undefined ? [] : look.advisoriesFor(ecosystem, name, version)),
    ...(sdk?.version === undefined ? [] : look.advisoriesFor(ecosystem, sdk.name, sdk.version)),
  ];
  yield {
    sensor: 'manifest', kind: 'server', host: look.machine, place: folder, name, confidence, seenAt: look.now,
    keys: [keyOfPackage(ecosystem, name)], risks: advisories.length > 0 ? ['advisory'] : [],
    runs: { kind: 'package', ecosystem, name, ...(version !== undefined && { version }) },
    ...(person !== undefined && { person }),
    facts: {
      installed: true, ...(version !== undefined && { version }), ...(sdk?.version !== undefined && { sdk: `${sdk.name} ${sdk.version}` }),
      ...(advisories.length > 0 && { advisories: advisories.join(', ') }),
    },
  };
}

/** Programs without a manifest: by their name and what is compiled into them, both. */
function* programs(folder: string, look: HostLook, person: string): Generator<Observation> {
  for (const name of entries(folder).slice(0, LIMITS.hostPackagesPerFolderMax)) {
    if (nameConfidence('cargo', name) === 0) continue;
    const path = join(folder, name);
    const library = sdkInBinary(path);
    if (library === undefined) continue;
    yield {
      sensor: 'manifest', kind: 'server', host: look.machine, place: path, name, person, confidence: 85, risks: [], seenAt: look.now,
      keys: [keyOfProgram(look.machine, path)], runs: { kind: 'program', program: path }, facts: { installed: true, sdk: library },
    };
  }
}

const MANIFEST_BYTES = 1024 * 1024;

/** A bundle by the manifest in it (MCPB manifest, `manifest_version` or `dxt_version`). Nothing of it is unpacked. */
function* observeBundle(path: string, look: HostLook, person?: string): Generator<Item> {
  let manifest: JsonObject | undefined;
  try {
    const bytes = readZipped(path, 'manifest.json', MANIFEST_BYTES);
    const value: Json = JSON.parse(bytes?.toString('utf8') ?? 'null');
    manifest = isObject(value) ? value : undefined;
  } catch (error) {
    yield { place: path, reason: `bundle: ${error instanceof SyntaxError ? 'its manifest is no JSON' : reasonOf(error)}` };
    return;
  }
  const [name, version, server] = [manifest?.['name'], manifest?.['version'], manifest?.['server']];
  if (typeof name !== 'string' || name === '' || !isObject(server)) {
    yield { place: path, reason: 'bundle: it has no manifest of a server' };
    return;
  }
  const type = server['type'];
  yield {
    sensor: 'manifest', kind: 'server', host: look.machine, place: path, name: name.slice(0, LIMITS.nameLengthMax), confidence: 95, risks: [], seenAt: look.now,
    keys: [keyOfPackage('mcpb', name)], ...(person !== undefined && { person }),
    runs: { kind: 'package', ecosystem: 'mcpb', name: name.slice(0, LIMITS.nameLengthMax), ...(typeof version === 'string' && { version }) },
    facts: { bundle: true, ...(typeof version === 'string' && { version }), ...(typeof type === 'string' && { type: type.slice(0, 20) }) },
  };
}

function sitesIn(prefix: string): readonly string[] {
  const lib = join(prefix, 'lib');
  const pythons = entries(lib).filter((name) => /^python3?(?:\.\d+)?$/.test(name)).map((name) => join(lib, name));
  return [...pythons.flatMap((python) => [join(python, 'site-packages'), join(python, 'dist-packages')]), prefix];
}

function isClosed(folder: string): boolean {
  try {
    readdirSync(folder);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES';
  }
}

function below(folder: string): readonly string[] {
  return entries(folder).map((name) => join(folder, name));
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
