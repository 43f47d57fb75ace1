import type { Runs } from '../../domain/runs.ts';
import { optionOf, optionWords, takeOptions } from './options.ts';
import type { OptionWords } from './options.ts';
import { goPackage, imagePackage, npmPackage, pypiPackage } from './packages.ts';
import { fetchedFrom, sourceOfOptions } from './sources.ts';
import { placed } from './step.ts';
import type { Step, Unwrapper } from './step.ts';

type Package = Extract<Runs, { readonly kind: 'package' }>;

interface Fetcher {
  readonly line: string;
  readonly options: OptionWords;
  /** Options that name the package apart from its command. */
  readonly named: readonly string[];
  read(spec: string): Runs | undefined;
}

const NPM_OPTIONS = optionWords('-p --package -c --call --registry --prefix --cache --userconfig -w --workspace');
const PY_OPTIONS = optionWords('--from --spec --with --with-editable --with-requirements -p --python --index --index-url --default-index -i ' +
  '--extra-index-url -f --find-links --directory --project --refresh-package -P --upgrade-package --cache-dir --config-file --pip-args --constraints -c');

function npm(line: string): Fetcher {
  return { line, options: NPM_OPTIONS, named: ['-p', '--package'], read: npmPackage };
}
function pypi(line: string): Fetcher {
  return { line, options: PY_OPTIONS, named: ['--from', '--spec'], read: pypiPackage };
}

const FETCHERS: readonly Fetcher[] = [
  ...['npx', 'bunx', 'pnpx', 'npm exec', 'npm x', 'pnpm dlx', 'pnpm exec', 'yarn dlx', 'bun x'].map(npm), ...['uvx', 'uv tool run', 'pipx run'].map(pypi),
  { line: 'go run', options: optionWords('-mod -tags -ldflags'), named: [], read: goPackage },
  { line: 'dnx', options: optionWords('--version --source --add-source'), named: [], read: (spec) => withoutVersion('nuget', spec) },
];

/** A path of this machine is no package. */
const NOTHING: Runs = { kind: 'program', program: '' };

/** What is known to run something else that is given to it, as the rest of the rules know it: the package's own arguments follow. */
export const unwrapFetcher: Unwrapper = ({ program, words, around }) => {
  const all = [program, ...words.slice(1)];
  const fetcher = FETCHERS.find(({ line }) => line.split(' ').every((word, index) => all[index] === word));
  if (fetcher === undefined) return undefined;
  const taken = takeOptions(words.slice(fetcher.line.split(' ').length), fetcher.options);
  const spec = optionOf(taken, ...fetcher.named) ?? taken.rest[0];
  if (spec === undefined) return undefined;
  const args = taken.rest.slice(1);
  const version = fetcher.line === 'dnx' ? optionOf(taken, '--version') : undefined;
  const found = fetchedFrom(fetcher.read(spec) ?? NOTHING, sourceOfOptions(taken.given) ?? around.source);
  const wrapper = fetcher.line.replace(' ', '-');
  if (found.kind !== 'package') return { wrapper, words: [placed(spec, around), ...args], around };
  return through(wrapper, version === undefined ? found : { ...found, version }, args) ?? { wrapper, runs: found };
};

/** Packages that carry another server: `mcp-remote URL`, `supergateway --stdio LINE`. By the package, not by what its command is called. */
function through(wrapper: string, { ecosystem, name }: Package, args: readonly string[]): Step | undefined {
  const program = CARRIERS.get(`${ecosystem}/${name}`);
  return program === undefined ? undefined : { wrapper, words: [program, ...args] };
}

/** The command of each. */
const CARRIERS: ReadonlyMap<string, string> = new Map([
  ...['mcp-remote', 'supergateway', 'mcp-proxy', 'cross-env', 'env-cmd', 'tsx', 'ts-node'].map((name) => [`npm/${name}`, name] as const),
  ['npm/@modelcontextprotocol/inspector', 'mcp-inspector'], ['npm/@smithery/cli', 'smithery'], ['npm/@dotenvx/dotenvx', 'dotenvx'],
  ['npm/dotenv-cli', 'dotenv'],
  ...['mcp-proxy', 'mcpo', 'fastmcp'].map((name) => [`pypi/${name}`, name] as const),
]);

const CONTAINERS = new Set(['docker', 'podman', 'nerdctl', 'finch']);
const CONTAINER_OPTIONS = optionWords('-e --env -v --volume --mount --name --network --net -u --user -w --workdir -m --memory --cpus --env-file ' +
  '--entrypoint --cap-drop --cap-add --tmpfs --platform --pull --pids-limit -l --label --add-host --dns -h --hostname --ulimit -p --publish --gpus ' +
  '--device --security-opt --ipc --pid --restart --shm-size --runtime --userns --secret -a --attach --log-driver --log-opt --cidfile --label-file ' +
  '--expose --link --memory-swap --stop-signal --volumes-from');
const CLIENT_OPTIONS = optionWords('-H --host -c --context --config -l --log-level');

/** `docker run IMAGE`, `podman container run IMAGE`; an image is known by its name, whatever is told to it. */
export const unwrapContainer: Unwrapper = ({ program, words }) => {
  if (!CONTAINERS.has(program)) return undefined;
  const { rest } = takeOptions(words.slice(1), CLIENT_OPTIONS);
  const [verb, ...after] = rest[0] === 'container' ? rest.slice(1) : rest;
  if (verb === 'mcp' && after[0] === 'gateway') return { wrapper: `${program} mcp`, runs: imagePackage('docker/mcp-gateway') };
  if (verb !== 'run' && verb !== 'create') return undefined;
  const [image, ...args] = takeOptions(after, CONTAINER_OPTIONS).rest;
  if (image === undefined) return undefined;
  const found = imagePackage(image);
  const carrier = /(?:^|\/)(supergateway|mcp-proxy|mcp-remote|mcpo)$/.exec(found.name)?.[1];
  return carrier === undefined || args.length === 0 ? { wrapper: program, runs: found } : { wrapper: program, words: [carrier, ...args] };
};

function withoutVersion(ecosystem: 'nuget', spec: string): Runs {
  const [name = '', version] = spec.split('@', 2);
  return { kind: 'package', ecosystem, name, ...(version === undefined ? {} : { version }) };
}
