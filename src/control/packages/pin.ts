import { SallyportError } from '../../domain/errors.ts';
import type { LaunchSpec, PackagePin } from '../../domain/server.ts';
import type { Entry } from '../../packages/entry.ts';
import { packageFault } from '../../packages/fault.ts';
import { bareSpec, isPinned, withSpecs } from '../../registry/packages.ts';
import type { PackageCommand } from '../../registry/packages.ts';

/** The launch that runs an entry of the store in place of a command that would fetch it, with exact versions wherever it had none. */
export function pinnedLaunch(launch: LaunchSpec, read: PackageCommand, entry: Entry, digest: string): LaunchSpec {
  const [command = '', ...before] = programOf(read, entry);
  return { ...launch, command, args: [...before, ...read.args], package: pinOf([launch.command, ...launch.args], read, entry, digest) };
}

function pinOf(command: readonly string[], read: PackageCommand, entry: Entry, digest: string): PackagePin {
  const { ecosystem, name, version } = entry;
  return { ecosystem, name, version, digest, declared: withSpecs(command, read, read.specs.map(({ text }) => exact(read, text, entry))) };
}

/** `@scope/server` → `@scope/server@1.2.3`: what was resolved is what is declared from now on. */
function exact(read: PackageCommand, spec: string, { packages, ecosystem }: Entry): string {
  if (isPinned(read, spec)) return spec;
  const bare = bareSpec(ecosystem, spec);
  const name = bare.replace(/\[.*$/, '');
  const found = packages.find((one) => one.name === (ecosystem === 'npm' ? name : name.toLowerCase().replaceAll(/[-_.]+/g, '-')));
  return found === undefined ? spec : `${bare}${ecosystem === 'npm' ? '@' : '=='}${found.version}`;
}

/** The program that is named; else the only one, or the one that is called as the package is. Throws `ERR_PACKAGE_UNSUPPORTED`. */
function programOf({ program }: PackageCommand, { ecosystem, name, version, programs }: Entry): readonly string[] {
  const names = Object.keys(programs);
  const own = name.slice(name.indexOf('/') + 1);
  const wanted = program ?? (names.length === 1 ? names[0] : names.find((one) => one === own));
  const found = wanted !== undefined && Object.hasOwn(programs, wanted) ? programs[wanted] : undefined;
  if (found !== undefined) return found;
  const has = names.length === 0 ? 'it has no program' : `name one of its programs: ${names.slice(0, 20).join(', ')}`;
  const why = program === undefined ? has : `it has no program ${JSON.stringify(program)}; ${has}`;
  throw packageFault('ERR_PACKAGE_UNSUPPORTED', `${ecosystem}:${name}@${version}`, why);
}

/** What of a launcher's options would be lost: a pinned package runs on the runner's own interpreter. */
export function checkOptions({ options, ecosystem }: PackageCommand): void {
  const lost = ecosystem === 'pypi' ? options.find((word) => /^(?:-p|--python)(?:=|$)/.test(word)) : undefined;
  if (lost === undefined) return;
  throw new SallyportError('ERR_LAUNCH_FORBIDDEN', `the option ${lost} chooses another interpreter than the runner's`, { remedy: 'Leave it out.' });
}
