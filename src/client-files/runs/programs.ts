import type { Runs } from '../../domain/runs.ts';
import { optionOf, optionWords, takeOptions } from './options.ts';
import type { OptionWords } from './options.ts';
import { installedPackage } from './packages.ts';
import { placed } from './step.ts';
import type { Step, Unwrapper, Words } from './step.ts';

interface Interpreter {
  readonly names: RegExp;
  readonly options: OptionWords;
  /** Options after which code stands instead of a file. */
  readonly inline: readonly string[];
  /** Words before the file: `bun run x`. */
  readonly verbs: readonly string[];
  /** An option that names what runs: `java -jar x`, `python -m x`. */
  readonly naming: readonly string[];
}

const INTERPRETERS: readonly Interpreter[] = [
  { names: /^(?:node|nodejs|tsx|ts-node)$/, options: optionWords('-r --require --import --loader --env-file --conditions -C -e --eval -p --print --input-type'),
    inline: ['-e', '--eval', '-p', '--print'], verbs: ['watch'], naming: [] },
  { names: /^bun$/, options: optionWords('-r --preload --cwd --env-file -e --eval'), inline: ['-e', '--eval'], verbs: ['run'], naming: [] },
  { names: /^deno$/, options: optionWords('-c --config --import-map --env-file'), inline: [], verbs: ['run', 'serve'], naming: [] },
  { names: /^(?:python|pypy|py)[\d.]*w?$/, options: optionWords('-W -X -c -m --check-hash-based-pycs'), inline: ['-c'], verbs: [], naming: ['-m'] },
  { names: /^(?:ruby|perl|php)$/, options: optionWords('-e -r -I -c -d -f'), inline: ['-e', '-r'], verbs: [], naming: ['-f'] },
  { names: /^java$/, options: optionWords('-cp -classpath --class-path -jar -m --module -p --module-path'), inline: [], verbs: [],
    naming: ['-jar', '-m', '--module'] },
  { names: /^dotnet$/, options: optionWords('--project --framework -f -c --configuration'), inline: [], verbs: ['run', 'exec'], naming: ['--project'] },
  { names: /^(?:sh|bash|zsh|dash|ash|ksh|fish)$/, options: optionWords('-o'), inline: ['-c'], verbs: [], naming: [] },
  { names: /^(?:powershell|pwsh)$/, options: optionWords('-ExecutionPolicy -File -f -ep'), inline: [], verbs: [], naming: ['-File', '-f'] },
];

/** An interpreter and its file: by the file it is known, or by the package that the file belongs to. */
export const unwrapInterpreter: Unwrapper = (command) => {
  const { program, words, around } = command;
  const interpreter = INTERPRETERS.find(({ names }) => names.test(program));
  if (interpreter === undefined) return undefined;
  const first = takeOptions(words.slice(1), interpreter.options);
  const verbal = interpreter.verbs.includes(first.rest[0] ?? '');
  const taken = verbal ? takeOptions(first.rest.slice(1), interpreter.options) : first;
  const given = { given: [...first.given, ...(verbal ? taken.given : [])], rest: taken.rest };
  const code = optionOf(given, ...interpreter.inline);
  if (code !== undefined) return { wrapper: program, runs: { kind: 'shell', line: words.join(' ') } };
  const named = optionOf(given, ...interpreter.naming);
  const script = named ?? taken.rest[0];
  const cwd = program === 'bun' ? optionOf(given, '--cwd') : undefined;
  if (script === undefined) return undefined;
  return scriptOf(command, script, cwd === undefined ? around : { ...around, cwd }, named !== undefined && program.startsWith('py'));
};

function scriptOf({ words, program: wrapper }: Words, script: string, around: Words['around'], isModule: boolean): Step {
  const remote = /^(?:npm|jsr):/.test(script) ? script : undefined;
  if (remote !== undefined) return { wrapper, words: ['npx', remote] };
  const path = isModule ? `-m ${script}` : placed(script, around);
  const found = installedPackage(path) ?? installedPackage(`${path}/`);
  return { wrapper, runs: found ?? { kind: 'program', program: words[0] ?? '', script: path } };
}

const UV_OPTIONS = optionWords('--directory --project --with --with-editable --with-requirements -p --python --extra --group --env-file --index --index-url ' +
  '--default-index --package --cache-dir --config-file -m --module');
const NPM_OPTIONS = optionWords('--prefix -C --dir -w --workspace --filter -F --cwd');

/** `uv --directory DIR run server.py`, `npm --prefix DIR run start`: a project's own server, by its folder. */
export const unwrapProject: Unwrapper = ({ program, words, around }) => {
  const options = program === 'uv' ? UV_OPTIONS : /^(?:npm|pnpm|yarn)$/.test(program) ? NPM_OPTIONS : undefined;
  if (options === undefined) return undefined;
  const before = takeOptions(words.slice(1), options);
  if (!/^(?:run|run-script|start)$/.test(before.rest[0] ?? '')) return undefined;
  const taken = takeOptions(before.rest.slice(1), options);
  const all = { given: [...before.given, ...taken.given], rest: taken.rest };
  const folder = optionOf(all, '--directory', '--project', '--prefix', '-C', '--dir', '--cwd');
  const inside = folder === undefined ? around : { ...around, cwd: placed(folder, around) };
  const runs = (script: string): Step => ({ wrapper: program, runs: { kind: 'program', program: words[0] ?? program, script } });
  if (program !== 'uv') return runs(`${placed('package.json', inside)}#${taken.rest[0] ?? 'start'}`);
  const module = optionOf(taken, '-m', '--module');
  if (module !== undefined) return runs(`${inside.cwd ?? '.'}#${module}`);
  const [target = '', ...args] = taken.rest;
  if (/\.pyw?$/.test(target)) return { wrapper: 'uv', words: ['python', target, ...args], around: inside };
  if (UV_STARTS.test(target)) return { wrapper: 'uv', words: [target, ...args], around: inside };
  return target === '' ? undefined : runs(`${inside.cwd ?? '.'}#${target}`);
};

/** What of a project's own commands is known to start something else that is named behind it. */
const UV_STARTS = /^(?:python[\d.]*|mcp|fastmcp|mcpo|mcp-proxy|uvicorn|env|sh|bash)$/;

const SSH_OPTIONS = optionWords('-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w');

/** `ssh host cmd`: it runs there. */
export const unwrapSsh: Unwrapper = ({ program, words }) => {
  if (program !== 'ssh') return undefined;
  const [host] = takeOptions(words.slice(1), SSH_OPTIONS).rest;
  return host === undefined ? undefined : { wrapper: 'ssh', runs: { kind: 'remote', url: `ssh://${host.replace(/^.*@/, '').toLowerCase()}` } };
};

/** Sallyport, where a stranger can't have put it: by its bare name, a folder of the system's, or a path that the caller knows. */
export const unwrapGate: Unwrapper = ({ program, words, around }) => {
  const [first = '', second = ''] = words;
  const isRun = /^bun(?:\.exe)?$/.test(program);
  const path = isRun ? second : first;
  if (!isGate(path, around.gates ?? [])) return undefined;
  const { rest } = takeOptions(words.slice(isRun ? 2 : 1), GATE_OPTIONS);
  if (rest[0] === 'config' && rest[1] === 'exec') return launchedBehind(rest, around);
  if (rest[0] !== 'connect') return undefined;
  const [server] = takeOptions(rest.slice(1), GATE_OPTIONS).rest;
  const runs: Runs = { kind: 'gate', ...(server === undefined ? {} : { server }) };
  return { wrapper: 'sallyport', runs };
};

/** `sallyport config exec --file F -- cmd`: sealed values are put in their places, and the command runs as it did. */
function launchedBehind(rest: readonly string[], around: Words['around']): ReturnType<Unwrapper> {
  const start = rest.indexOf('--');
  return start < 0 || start === rest.length - 1 ? undefined : { wrapper: 'sallyport', words: rest.slice(start + 1), around };
}

const GATE_OPTIONS = optionWords('--home --agent --group --space --gate --url');

const INSTALLED = /^(?:\/usr\/(?:local\/)?bin|\/opt\/sallyport(?:\/[\w.-]+)*|[a-z]:\\program files\\sallyport)[/\\]sallyport(?:\.exe)?$/i;

function isGate(path: string, gates: readonly string[]): boolean {
  return path === 'sallyport' || gates.includes(path) || (!path.includes('..') && INSTALLED.test(path));
}
