import { statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { npmOriginOf, pythonOriginOf } from '../clues/origin.ts';
import type { Origin } from '../clues/origin.ts';
import type { RunningProcess } from './process-table.ts';

/** What a process was told to run. */
export interface Invocation {
  /** Its words as a person would type them: the wrapper that started a file of a package is that wrapper again. */
  readonly words: readonly string[];
  /** The file that an interpreter runs, absolute where that can be told. */
  readonly script?: string;
  /** Of `python -m`. */
  readonly module?: string;
  /** The package that the script or module belongs to. */
  readonly origin?: Origin;
}

const INTERPRETER = new RegExp('^(?:node|nodejs|bun|deno|tsx|ts-node|(?:python|pypy|ruby|php)[\\d.]*|java|dotnet|perl|uv|uvicorn|gunicorn|hypercorn|fastmcp)'
  + '(?:\\.exe)?$', 'i');
/** Options of interpreters that take the next word. */
const TAKES_NEXT = new Set([
  '-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions', '--env-file', '-W', '-X', '--cwd', '--config', '--preload',
  '-cp', '-classpath', '--class-path', '-I', '--project', '--directory', '--with', '--python', '-p', '--host', '--port', '--transport',
]);
/** What follows is a text to be run, not a file. */
const TEXTS = new Set(['-e', '--eval', '-p', '--print', '-c']);
const WRAPPERS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\/npx(?:-cli\.js)?$/, ['npx']], [/\/npm(?:-cli\.js)?$/, ['npm']], [/\/pnpm(?:\.c?js)?$/, ['pnpm']], [/\/(?:yarn|yarnpkg)(?:\.js)?$/, ['yarn']],
];

/** Whether the program only runs what others wrote. */
export function isInterpreter(name: string): boolean {
  return INTERPRETER.test(basename(name));
}

export function invocationOf({ argv, program, folder, image = '' }: RunningProcess): Invocation {
  const [first = '', ...rest] = argv;
  const words = wrapperWords([basename(first), ...rest]);
  if (words !== undefined) return { words };
  if (!isInterpreter(first) && !isInterpreter(program ?? '')) return { words: argv };
  const { script, module, after } = scriptOf(basename(first), rest);
  if (module !== undefined) {
    const origin = isAbsolute(first) ? pythonOriginOf(`${image}${dirname(first)}`, { module }) : undefined;
    return { words: origin === undefined ? argv : againBy(origin, after), module, ...(origin !== undefined && { origin }) };
  }
  if (script === undefined) return { words: argv };
  const path = isAbsolute(script) || folder === undefined ? script : resolve(folder, script);
  const wrapper = WRAPPERS.find(([pattern]) => pattern.test(path));
  if (wrapper !== undefined) return { words: wrapperWords([...wrapper[1], ...after]) ?? [...wrapper[1], ...after] };
  if (!isAbsolute(path)) return { words: argv, script: path };
  // `bun test`, `node --run start`: a word that names no file is none.
  if (!isFile(`${image}${path}`)) return { words: argv, ...(image !== '' && { script: path }) };
  const origin = npmOriginOf(path, image) ?? pythonOriginOf(`${image}${dirname(path)}`, { command: basename(path) });
  if (origin === undefined) return { words: argv, script: path };
  return { words: origin.isInstalled ? againBy(origin, after) : argv, script: path, origin };
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    // In another user's home it may be one.
    return error instanceof Error && 'code' in error && error.code === 'EACCES';
  }
}

/** A file of an installed package is what its wrapper would start: one name for both. */
function againBy({ ecosystem, name, version }: Origin, after: readonly string[]): readonly string[] {
  return [ecosystem === 'npm' ? 'npx' : 'uvx', `${name}${version === undefined ? '' : `@${version}`}`, ...after];
}

/** `npm exec -- x`, `uv tool run x`, `bun x x` are what their short names are. */
function wrapperWords([program = '', first = '', second = '', ...rest]: readonly string[]): readonly string[] | undefined {
  const after = [second, ...rest].filter((word, at) => word !== '' && (at > 0 || word !== '--'));
  if (/^(?:npx|uvx|bunx|pnpx)$/.test(program)) return [program, ...[first, second, ...rest].filter((word) => word !== '')];
  if (program === 'npm' && (first === 'exec' || first === 'x')) return ['npx', ...after];
  if (program === 'bun' && first === 'x') return ['bunx', ...after];
  if (program === 'uv' && first === 'tool' && (second === 'run' || second === 'uvx')) return ['uvx', ...rest];
  if ((program === 'pnpm' || program === 'yarn') && first === 'dlx') return [program, 'dlx', ...after];
  return undefined;
}

interface Script {
  readonly script?: string;
  readonly module?: string;
  readonly after: readonly string[];
}

function scriptOf(interpreter: string, words: readonly string[]): Script {
  const isPython = /^(?:python|pypy)/i.test(interpreter);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const next = words[at + 1];
    const after = words.slice(at + 1);
    if (word === '-m' && isPython) return next === undefined ? { after } : { module: next, after: words.slice(at + 2) };
    if (word === '-jar' && next !== undefined) return { script: next, after: words.slice(at + 2) };
    if (TEXTS.has(word) && interpreter !== 'uv') return { after };
    if (TAKES_NEXT.has(word)) at += 1;
    else if (!word.startsWith('-') && !(word === 'run' && /^(?:bun|deno|uv|dotnet|fastmcp)/.test(interpreter))) return namedFile(interpreter, word, after);
  }
  return { after: [] };
}

/** `uvicorn folder.file:app` names a module, and with it a file. */
function namedFile(interpreter: string, word: string, after: readonly string[]): Script {
  if (/^(?:uvicorn|gunicorn|hypercorn)$/.test(interpreter) && !word.includes('/')) {
    return { script: join(...(word.split(':')[0] ?? word).split('.')).concat('.py'), after };
  }
  if (/^uv$/.test(interpreter) && /^python[\d.]*$/.test(word)) return scriptOf('python', after);
  return { script: word.replace(/:[A-Za-z_]\w*$/, ''), after };
}
