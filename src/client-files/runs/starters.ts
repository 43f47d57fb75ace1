import { optionOf, optionWords, takeOptions } from './options.ts';
import type { OptionWords } from './options.ts';
import { sourceOfEnv } from './sources.ts';
import type { Around, Step, Unwrapper, Words } from './step.ts';
import { commandInLine } from './words.ts';

/** Programs that only start another one: their options with values, and how many words come before the command. */
interface Starter {
  readonly options: OptionWords;
  readonly skip?: number;
  /** Words that it must begin with: `op run`, `conda run`. */
  readonly verb?: readonly string[];
}

function starter(values: string, skip = 0, verb?: readonly string[]): Starter {
  return { options: optionWords(values), skip, ...(verb === undefined ? {} : { verb }) };
}

const STARTERS: ReadonlyMap<string, Starter> = new Map(Object.entries({
  nohup: starter(''), setsid: starter(''), unbuffer: starter(''), winpty: starter(''), 'dbus-run-session': starter(''), time: starter('-f -o'),
  nice: starter('-n --adjustment'), ionice: starter('-c -n -p --class --classdata'), timeout: starter('-k -s --kill-after --signal', 1),
  stdbuf: starter('-i -o -e --input --output --error'), chrt: starter('', 1), taskset: starter('', 1), caffeinate: starter('-t -w'),
  arch: starter('-e'), sudo: starter('-u -g -h -p -C -D -T -U --user --group --host --prompt --chdir'), doas: starter('-u -C'), 'xvfb-run': starter('-n -s -f'),
  firejail: starter(''), 'systemd-run': starter('-p -u --unit --property -E --setenv'), tini: starter('-p -e'), 'dumb-init': starter(''),
  op: starter('--env-file --account', 0, ['run']), doppler: starter('-p -c -t --project --config --token', 0, ['run']),
  infisical: starter('--env --path --projectId --token', 0, ['run']), dotenvx: starter('-f -e --env-file --env', 0, ['run']), dotenv: starter('-e -c -v -p'),
  'aws-vault': starter('-d --duration', 1, ['exec']), direnv: starter('', 1, ['exec']), conda: starter('-n -p --name --prefix --cwd', 0, ['run']),
  mamba: starter('-n -p --name --prefix', 0, ['run']), micromamba: starter('-n -p --name --prefix', 0, ['run']),
  poetry: starter('-C -P --directory --project', 0, ['run']),
  pipenv: starter('', 0, ['run']), rye: starter('', 0, ['run']), volta: starter('--node', 0, ['run']), fnm: starter('--using', 0, ['exec']),
  mise: starter('-C --cd', 0, ['exec']), 'cross-env': starter(''), 'env-cmd': starter('-f -e'), wsl: starter('-d --distribution -u --user --cd'),
}));

/** `nohup`, `sudo -u x`, `op run --`: what they start. */
export const unwrapStarter: Unwrapper = ({ program, words, around }) => {
  const known = STARTERS.get(program);
  if (known === undefined) return undefined;
  const verbs = known.verb ?? [];
  if (!verbs.every((verb, index) => words[index + 1] === verb)) return undefined;
  const { rest } = takeOptions(words.slice(1 + verbs.length), known.options);
  const skipped = known.skip === undefined || known.skip === 0 ? rest : rest.slice(known.skip);
  const command = takeOptions(skipped, known.options).rest;
  const start = command.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  return start < 0 ? undefined : { wrapper: program, words: command.slice(start), around: told(command.slice(0, start), around) };
};

/** What assignments before a command say of where it fetches from. */
function told(assignments: readonly string[], around: Around): Around {
  const source = sourceOfEnv(Object.fromEntries(assignments.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])));
  return source === undefined ? around : { ...around, source };
}

const ENV = optionWords('-u --unset -C --chdir -S --split-string');

/** `env -i A=b cmd`, `env -S "cmd arg"`. */
export const unwrapEnv: Unwrapper = ({ program, words, around }) => {
  if (program !== 'env') return undefined;
  const taken = takeOptions(words.slice(1), ENV);
  const line = optionOf(taken, '-S', '--split-string');
  const split = line === undefined ? [] : (commandInLine(line) ?? []);
  const rest = [...split, ...taken.rest];
  const start = rest.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const cwd = optionOf(taken, '-C', '--chdir');
  if (start < 0) return undefined;
  return { wrapper: 'env', words: rest.slice(start), around: { ...told(rest.slice(0, start), around), ...(cwd === undefined ? {} : { cwd }) } };
};

const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ash', 'ksh', 'fish', 'busybox']);

/** `sh -c LINE`, `bash -lc LINE`: the command in the line, or the line as it stands. */
export const unwrapShell: Unwrapper = (command) => {
  const { program, words } = command;
  if (!SHELLS.has(program)) return undefined;
  const from = program === 'busybox' ? 2 : 1;
  const at = words.findIndex((word, index) => index >= from && /^-[a-z]*c[a-z]*$/.test(word));
  const before = words.slice(from, at < 0 ? from : at);
  if (at < 0 || !before.every((word) => word.startsWith('-'))) return undefined;
  return inLine(command, program, words[at + 1] ?? '');
};

/** `cmd /c npx x`, `powershell -Command "npx x"`. */
export const unwrapWindowsShell: Unwrapper = (command) => {
  const { program, words } = command;
  if (program === 'cmd') {
    const at = words.findIndex((word) => /^\/[ck]$/i.test(word));
    if (at < 0) return undefined;
    const rest = words.slice(at + 1);
    return rest.length === 1 ? inLine(command, 'cmd', rest[0] ?? '') : withoutStart(command, rest);
  }
  if (program !== 'powershell' && program !== 'pwsh') return undefined;
  const at = words.findIndex((word) => /^-(?:c|command|e|ec|enc|encodedcommand)$/i.test(word));
  if (at < 0) return undefined;
  const line = words.slice(at + 1).join(' ');
  if (/^-e/i.test(words[at] ?? '')) return { wrapper: program, runs: { kind: 'shell', line } };
  return inLine(command, program, line.replace(/^&\s*/, ''));
};

/** `cmd /c start /b x`. */
function withoutStart({ around }: Words, words: readonly string[]): Step | undefined {
  const isStart = words[0]?.toLowerCase() === 'start';
  const plain = isStart ? words.slice(Math.max(1, words.findIndex((word, index) => index > 0 && !word.startsWith('/')))) : words;
  return plain.length === 0 ? undefined : { wrapper: 'cmd', words: plain, around };
}

function inLine({ around }: Words, wrapper: string, line: string): Step {
  // A backslash of Windows parts folders; of a POSIX shell it hides what follows.
  const readable = wrapper === 'cmd' || wrapper === 'powershell' || wrapper === 'pwsh' ? line.replaceAll('\\', '\\\\') : line;
  const words = commandInLine(readable);
  return words === undefined ? { wrapper, runs: { kind: 'shell', line } } : { wrapper, words, around };
}
