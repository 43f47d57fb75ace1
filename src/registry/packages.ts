import { SallyportError } from '../domain/errors.ts';
import type { PackagePin } from '../domain/server.ts';

/** How a program that fetches packages and runs them reads its arguments; what is not listed here is refused. */
interface Fetcher {
  readonly ecosystem: PackagePin['ecosystem'];
  readonly flags: ReadonlySet<string>;
  /** Options whose value names a package. */
  readonly packages: ReadonlySet<string>;
  /** Options with any other value. */
  readonly values: ReadonlySet<string>;
  /** Options after which the first argument is a command of a named package, not a package. */
  readonly renames: ReadonlySet<string>;
  readonly isPinned: (spec: string) => boolean;
  readonly example: string;
}

const VERSION_NPM = String.raw`\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`;
const PINNED_NPM = new RegExp(String.raw`^(?:@[a-z0-9~-][\w.~-]*/)?[a-z0-9~-][\w.~-]*@${VERSION_NPM}$`, 'i');
const VERSION_PY = String.raw`(?:\d+!)?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[0-9A-Za-z.]+)?`;
const PINNED_PY = new RegExp(String.raw`^[A-Za-z0-9][\w.-]*(?:\[[\w,.-]+\])?(?:==|@)${VERSION_PY}$`);
const PINNED_IMAGE = /^[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}$/;

function set(words: string): ReadonlySet<string> {
  return new Set(words.split(' ').filter((word) => word !== ''));
}

const NPM: Fetcher = {
  ecosystem: 'npm',
  flags: set('-y --yes -q --quiet -s --silent --prefer-offline --offline --no-install --bun --verbose --'),
  packages: set('-p --package'),
  values: set(''),
  renames: set('-p --package'),
  isPinned: (spec) => PINNED_NPM.test(spec),
  example: 'npx -y @scope/server@1.2.3',
};

const PY: Fetcher = {
  ecosystem: 'pypi',
  flags: set('-q --quiet --isolated --offline --no-progress --no-config --'),
  packages: set('--from --with --spec'),
  values: set('-p --python'),
  renames: set('--from --spec'),
  isPinned: (spec) => PINNED_PY.test(spec),
  example: 'uvx mcp-server-git==1.2.3',
};

const IMAGE: Fetcher = {
  ecosystem: 'oci',
  flags: set('-i --interactive -t --tty -it --rm --init --read-only --sig-proxy'),
  packages: set(''),
  values: set(
    '-e --env -v --volume --mount --name --network -u --user -w --workdir -m --memory --cpus --env-file --entrypoint --cap-drop ' +
      '--tmpfs --platform --pull --pids-limit -l --label --add-host --dns -h --hostname --ulimit',
  ),
  renames: set(''),
  isPinned: (spec) => PINNED_IMAGE.test(spec),
  example: 'docker run -i --rm registry.example/server@sha256:<64 hex digits>',
};

const FETCHERS: readonly { readonly words: readonly string[]; readonly by: Fetcher }[] = [
  ...['npx', 'bunx', 'pnpx', 'npm exec', 'npm x', 'pnpm dlx', 'yarn dlx', 'bun x'].map((line) => ({ words: line.split(' '), by: NPM })),
  ...['uvx', 'uv tool run', 'pipx run'].map((line) => ({ words: line.split(' '), by: PY })),
  ...['docker run', 'podman run', 'nerdctl run'].map((line) => ({ words: line.split(' '), by: IMAGE })),
];

/** A command that names a package to be fetched and run, taken apart. */
export interface PackageCommand {
  readonly ecosystem: PackagePin['ecosystem'];
  /** Each package, and at which word of the command it stands; the first is the one that runs. */
  readonly specs: readonly { readonly text: string; readonly at: number }[];
  /** The command of the package that is run, where it is named apart from the package. */
  readonly program?: string;
  /** What the program itself is told. */
  readonly args: readonly string[];
  /** Options of the launcher (containers only: for packages they change nothing that is kept). */
  readonly options: readonly string[];
  readonly example: string;
}

/** Undefined: the command fetches nothing. Throws `ERR_LAUNCH_FORBIDDEN` for options that could change the source. */
export function readPackageCommand(command: readonly string[]): PackageCommand | undefined {
  const words = [programName(command[0] ?? ''), ...command.slice(1)];
  const fetcher = FETCHERS.find((candidate) => candidate.words.every((word, index) => words[index] === word));
  return fetcher === undefined ? undefined : readOptions(words, fetcher.words.length, fetcher.by);
}

/** `/usr/bin/npx`, `npx.cmd` → `npx`. */
function programName(command: string): string {
  return (command.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|ps1)$/, '');
}

/**
 * Refuses a command that fetches a program without naming its exact version: what runs tomorrow must be what was approved
 * today. Ranges, tags, addresses, paths and options that could change the source are refused.
 * Throws `ERR_LAUNCH_UNPINNED` and, for unknown options, `ERR_LAUNCH_FORBIDDEN`.
 */
export function checkPinned(command: readonly string[]): void {
  const read = readPackageCommand(command);
  if (read === undefined) return;
  const loose = read.specs.find(({ text }) => !isPinned(read, text));
  if (read.specs.length > 0 && loose === undefined) return;
  const given = loose === undefined ? 'nothing' : JSON.stringify(loose.text);
  throw new SallyportError('ERR_LAUNCH_UNPINNED', `${programName(command[0] ?? '')} must name an exact version, not ${given}`, {
    remedy: `write it as: ${read.example}`,
  });
}

/** Whether one package of a command is named with its exact version. */
export function isPinned({ ecosystem }: Pick<PackageCommand, 'ecosystem'>, spec: string): boolean {
  return [NPM, PY, IMAGE].some((by) => by.ecosystem === ecosystem && by.isPinned(spec));
}

function readOptions(words: readonly string[], from: number, by: Fetcher): PackageCommand {
  const found: { readonly text: string; readonly at: number }[] = [];
  let renamed = false;
  let at = from;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) break;
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const option = equals < 0 ? word : word.slice(0, equals);
    if (by.flags.has(option) && equals < 0) continue;
    if (!by.packages.has(option) && !by.values.has(option)) throw unknownOption(option);
    if (equals < 0) at += 1;
    const spec = { text: equals < 0 ? (words[at] ?? '') : word.slice(equals + 1), at };
    if (by.packages.has(option)) found.splice(by.renames.has(option) && !renamed ? 0 : found.length, 0, spec);
    if (by.renames.has(option)) renamed = true;
  }
  const options = words.slice(from, at);
  const { ecosystem, example } = by;
  const named = words[at];
  if (renamed) return { ecosystem, example, options, specs: found, args: words.slice(at + 1), ...(named === undefined ? {} : { program: named }) };
  return { ecosystem, example, options, specs: named === undefined ? found : [{ text: named, at }, ...found], args: words.slice(at + 1) };
}

/** The same command with other packages in the places of its own, in the order of `specs`. */
export function withSpecs(command: readonly string[], { specs }: Pick<PackageCommand, 'specs'>, pinned: readonly string[]): readonly string[] {
  return command.map((word, at) => {
    const index = specs.findIndex((spec) => spec.at === at);
    const spec = specs[index];
    return spec === undefined ? word : word.slice(0, word.length - spec.text.length) + (pinned[index] ?? spec.text);
  });
}

/** A package without any version, as a client's file may name it. */
export function bareSpec(ecosystem: PackagePin['ecosystem'], spec: string): string {
  if (ecosystem === 'npm') return spec.replace(/(?<=.)@.*$/, '');
  return ecosystem === 'pypi' ? spec.replace(/\s*[=<>!~@].*$/, '') : spec;
}

/** Whether a command asks for the same packages, programs and arguments as a declared one; where it names a version, for that one. */
export function isSamePackage(command: readonly string[], declared: readonly string[]): boolean {
  const [one, other] = [readPackageCommand(command), readPackageCommand(declared)];
  if (one === undefined || other === undefined || one.ecosystem !== other.ecosystem || one.specs.length !== other.specs.length) return false;
  const fits = one.specs.every(({ text }, at) => {
    const named = other.specs[at]?.text ?? '';
    return text === named || text === bareSpec(other.ecosystem, named);
  });
  return fits && one.program === other.program && JSON.stringify(one.args) === JSON.stringify(other.args);
}

function unknownOption(option: string): SallyportError {
  const message = `the option ${JSON.stringify(option)} is not allowed before the package: it could change what is run`;
  return new SallyportError('ERR_LAUNCH_FORBIDDEN', message, {
    remedy: 'leave it out, or install the program first and name its file as the command',
  });
}
