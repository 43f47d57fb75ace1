import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import type { Sources } from '../ask.ts';
import { packageFault } from '../fault.ts';
import { normalise } from './requirement.ts';
import type { Requirement } from './requirement.ts';
import { compareVersions, isIn, isPrerelease, readSpecifier, readVersion } from './version.ts';
import type { PyVersion } from './version.ts';
import { readWheelName } from './wheel-name.ts';
import type { Interpreter } from './wheel-name.ts';

/** The JSON form of the simple repository API (PEP 691, with PEP 700 and 740). */
const PROJECT = z.object({
  name: z.string(),
  files: z.array(z.object({
    filename: z.string(), url: z.string(), hashes: z.record(z.string(), z.string()), 'requires-python': z.string().nullish(),
    yanked: z.union([z.boolean(), z.string()]).default(false), 'upload-time': z.string().exactOptional(), provenance: z.string().nullish(),
  })).max(LIMITS.packageIndexFilesMax),
});

/** One wheel that fits the interpreter. */
export interface Wheel {
  readonly name: string;
  readonly version: PyVersion;
  readonly file: string;
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
  readonly publishedAt?: number;
  readonly provenance?: string;
}

export interface PyIndex {
  /** The best wheel of the newest version that all of these allow. Throws `ERR_PACKAGE_*`. */
  choose(name: string, demands: readonly Requirement[]): Promise<Wheel>;
}

type Project = z.infer<typeof PROJECT>;
type IndexFile = Project['files'][number];

export function createPyIndex(sources: Sources, interpreter: Interpreter): PyIndex {
  const known = new Map<string, Promise<Project>>();
  const project = (name: string): Promise<Project> => {
    const found = known.get(name) ?? read(sources, name);
    known.set(name, found);
    return found;
  };
  return { choose: async (name, demands) => choose(await project(name), { name, demands, sources, interpreter }) };
}

async function read({ ask, pypi }: Sources, name: string): Promise<Project> {
  const url = `${pypi}/${name}/`;
  const bytes = await ask(url, { bytesMax: LIMITS.packageDocumentBytesMax, accept: 'application/vnd.pypi.simple.v1+json' });
  if (bytes === undefined) throw packageFault('ERR_PACKAGE_UNKNOWN', `pypi:${name}`, 'the index knows no such package');
  const project = PROJECT.safeParse(parseJson(bytes), { reportInput: false });
  if (!project.success || normalise(project.data.name) !== name) {
    throw packageFault('ERR_PACKAGE_INVALID', `pypi:${name}`, 'the index answered with something else than this package in JSON (PEP 691)');
  }
  // Indexes may give addresses relative to the page.
  return { ...project.data, files: project.data.files.map((file) => ({ ...file, url: URL.canParse(file.url, url) ? new URL(file.url, url).href : '' })) };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

interface Choice {
  readonly name: string;
  readonly demands: readonly Requirement[];
  readonly sources: Sources;
  readonly interpreter: Interpreter;
}

interface Candidate extends Wheel {
  readonly rank: number;
  readonly yanked: boolean;
}

function choose(project: Project, { name, demands, sources, interpreter }: Choice): Wheel {
  const clauses = demands.flatMap((one) => one.clauses);
  const isExact = clauses.some(({ operator, isPrefix }) => operator === '==' && !isPrefix);
  const what = `pypi:${name}${clauses.map(({ operator, version, isPrefix }) => `${operator}${version.text}${isPrefix ? '.*' : ''}`).join(',')}`;
  const named = project.files.flatMap((file) => candidateOf(file, name, interpreter)).filter(({ version }) => isIn(version, clauses));
  const allowed = named.filter(({ yanked }) => isExact || !yanked);
  if (allowed.length === 0) {
    const isThere = project.files.some(({ filename }) => !filename.endsWith('.whl'));
    throw packageFault(isThere && isExact ? 'ERR_PACKAGE_UNSUPPORTED' : 'ERR_PACKAGE_UNKNOWN', what,
      `no wheel of a version that fits runs on Python ${interpreter.version} here; packages are never built from source, as that runs their code`);
  }
  const old = allowed.filter(({ publishedAt }) =>
    (publishedAt ?? Number.POSITIVE_INFINITY) <= sources.publishedBefore || sources.excepts('cooling-off', 'pypi', name));
  const wantsPre = clauses.some(({ version }) => isPrerelease(version)) || old.every(({ version }) => isPrerelease(version));
  const [best] = old.filter(({ version }) => wantsPre || !isPrerelease(version)).toSorted((a, b) => compareVersions(b.version, a.version) || a.rank - b.rank);
  if (best === undefined) throw packageFault('ERR_PACKAGE_TOO_NEW', what,
    'every version that fits is younger than the cooling-off time, or nobody knows its age');
  const { rank: _rank, yanked: _yanked, ...wheel } = best;
  return wheel;
}

function candidateOf(file: IndexFile, name: string, interpreter: Interpreter): readonly Candidate[] {
  const wheel = readWheelName(file.filename, interpreter);
  const version = wheel === undefined ? undefined : readVersion(wheel.version);
  const sha256 = file.hashes['sha256'] ?? '';
  // A file of another name under this one is not this package; one without SHA-256 could be anything.
  if (wheel?.rank === undefined || version === undefined || wheel.name !== name || !/^[0-9a-f]{64}$/.test(sha256)) return [];
  if (!pythonFits(file['requires-python'] ?? '', interpreter)) return [];
  const at = Date.parse(file['upload-time'] ?? '');
  return [{
    name, version, file: file.filename, url: file.url, sha256, rank: wheel.rank, yanked: file.yanked !== false,
    ...(Number.isNaN(at) ? {} : { publishedAt: at }), ...(typeof file.provenance === 'string' ? { provenance: file.provenance } : {}),
  }];
}

function pythonFits(specifier: string, interpreter: Interpreter): boolean {
  const [clauses, version] = [readSpecifier(specifier), readVersion(interpreter.version)];
  return clauses !== undefined && version !== undefined && isIn(version, clauses);
}
