import { SallyportError } from '../domain/errors.ts';

/** How a program that fetches packages and runs them reads its arguments; what is not listed here is refused. */
interface Fetcher {
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
  flags: set('-y --yes -q --quiet -s --silent --prefer-offline --offline --no-install --bun --verbose --'),
  packages: set('-p --package'),
  values: set(''),
  renames: set('-p --package'),
  isPinned: (spec) => PINNED_NPM.test(spec),
  example: 'npx -y @scope/server@1.2.3',
};

const PY: Fetcher = {
  flags: set('-q --quiet --isolated --offline --no-progress --no-config --'),
  packages: set('--from --with --spec'),
  values: set('-p --python'),
  renames: set('--from --spec'),
  isPinned: (spec) => PINNED_PY.test(spec),
  example: 'uvx mcp-server-git==1.2.3',
};

const IMAGE: Fetcher = {
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

/**
 * Refuses a command that fetches a program without naming its exact version: what runs tomorrow must be what was approved
 * today. Ranges, tags, addresses, paths and options that could change the source are refused.
 * Throws `ERR_LAUNCH_UNPINNED` and, for unknown options, `ERR_LAUNCH_FORBIDDEN`.
 */
export function checkPinned(program: string, args: readonly string[]): void {
  const words = [program, ...args];
  const fetcher = FETCHERS.find((candidate) => candidate.words.every((word, index) => words[index] === word));
  if (!fetcher) return;
  const specs = packagesIn(words.slice(fetcher.words.length), fetcher.by);
  const loose = specs.find((spec) => !fetcher.by.isPinned(spec));
  if (specs.length > 0 && loose === undefined) return;
  const given = loose === undefined ? 'nothing' : JSON.stringify(loose);
  throw new SallyportError('ERR_LAUNCH_UNPINNED', `${fetcher.words.join(' ')} must name an exact version, not ${given}`, {
    remedy: `write it as: ${fetcher.by.example}`,
  });
}

function packagesIn(args: readonly string[], by: Fetcher): readonly string[] {
  const found: string[] = [];
  let renamed = false;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (!word.startsWith('-')) return renamed ? found : [...found, word];
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const option = equals < 0 ? word : word.slice(0, equals);
    if (by.flags.has(option) && equals < 0) continue;
    if (!by.packages.has(option) && !by.values.has(option)) throw unknownOption(option);
    if (equals < 0) at += 1;
    if (by.renames.has(option)) renamed = true;
    if (by.packages.has(option)) found.push(equals < 0 ? (args[at] ?? '') : word.slice(equals + 1));
  }
  return found;
}

function unknownOption(option: string): SallyportError {
  const message = `the option ${JSON.stringify(option)} is not allowed before the package: it could change what is run`;
  return new SallyportError('ERR_LAUNCH_FORBIDDEN', message, {
    remedy: 'leave it out, or install the program first and name its file as the command',
  });
}
