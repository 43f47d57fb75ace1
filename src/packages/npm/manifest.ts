import { z } from 'zod';
import type { Member } from '../archive/member.ts';
import type { Locked } from '../ask.ts';
import { packageFault } from '../fault.ts';

const MANIFEST = z.object({
  name: z.string(), version: z.string(),
  bin: z.union([z.string(), z.record(z.string(), z.string())]).default({}),
  scripts: z.record(z.string(), z.unknown()).default({}),
});
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** What a package's own package.json says. */
export interface NpmManifest {
  /** Command → file, relative to the package. */
  readonly programs: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** Believes the package itself, and only if it is the one that the registry spoke of. Throws `ERR_PACKAGE_INVALID`. */
export function readManifest({ name, version }: Pick<Locked, 'name' | 'version'>, members: readonly Member[]): NpmManifest {
  const file = members.find(({ path }) => path === 'package.json');
  const read = MANIFEST.safeParse(parseJson(file?.bytes), { reportInput: false });
  if (!read.success || read.data.name !== name || withoutBuild(read.data.version) !== withoutBuild(version)) {
    throw packageFault('ERR_PACKAGE_INVALID', `npm:${name}@${version}`, 'its archive says that it is another package');
  }
  const { bin, scripts } = read.data;
  const own = name.slice(name.indexOf('/') + 1);
  const named = Object.entries(typeof bin === 'string' ? { [own]: bin } : bin).map(([command, path]) => [command, path.replace(/^(?:\.\/)+/, '')] as const);
  const paths = new Set(members.map(({ path }) => path));
  const skipped = INSTALL_SCRIPTS.filter((script) => Object.hasOwn(scripts, script));
  const builds = skipped.length === 0 && paths.has('binding.gyp') ? ['install (binding.gyp)'] : skipped;
  return {
    programs: Object.fromEntries(named.filter(([command, path]) => /^[\w.-]+$/.test(command) && paths.has(path))),
    notes: builds.length === 0 ? [] : [`${name}: its scripts ${builds.join(', ')} are not run`],
  };
}

function withoutBuild(version: string): string {
  return version.replace(/^[v=\s]+/, '').replace(/\+.*$/, '');
}

function parseJson(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
