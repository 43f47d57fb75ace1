import type { Unwrapped } from '../../domain/runs.ts';
import { unwrapCarrier } from './carriers.ts';
import { unwrapContainer, unwrapFetcher } from './fetchers.ts';
import { installedPackage } from './packages.ts';
import { unwrapGate, unwrapInterpreter, unwrapProject, unwrapSsh } from './programs.ts';
import { unwrapEnv, unwrapShell, unwrapStarter, unwrapWindowsShell } from './starters.ts';
import { placed } from './step.ts';
import type { Around, Unwrapper } from './step.ts';
import { baseOf, commandInLine } from './words.ts';

const UNWRAPPERS: readonly Unwrapper[] = [
  unwrapGate, unwrapEnv, unwrapStarter, unwrapShell, unwrapWindowsShell, unwrapFetcher, unwrapContainer, unwrapCarrier, unwrapProject, unwrapSsh,
  unwrapInterpreter,
];
/** Wrappers in wrappers; what is deeper hides something. */
const WRAPPERS_MAX = 12;

/**
 * What a command really runs. Nothing is looked up, resolved or evaluated: only the words are read. A command that is one text
 * with spaces in it (some clients' files have it so) is read as the words that it holds.
 */
export function unwrap(command: readonly string[], around: Around = {}): Unwrapped {
  const wrappers: string[] = [];
  const [only, ...others] = command;
  const first = only === undefined || others.length > 0 ? command : wordsOf(only);
  if (first === undefined) return { runs: { kind: 'shell', line: only ?? '' }, wrappers };
  let [words, where] = [first, around];
  for (let depth = 0; depth < WRAPPERS_MAX; depth += 1) {
    const [program = ''] = words;
    if (isAnybodys(program) && where.gates?.includes(program) !== true) return { runs: { kind: 'program', program: placed(program, where) }, wrappers };
    const now = { program: baseOf(program), words, around: where };
    const step = UNWRAPPERS.map((unwrapper) => unwrapper(now)).find((found) => found !== undefined);
    if (step === undefined) break;
    wrappers.push(step.wrapper);
    if ('runs' in step) return { runs: step.runs, wrappers };
    words = step.words;
    where = step.around ?? where;
  }
  const path = placed(words[0] ?? '', /[/\\]/.test(words[0] ?? '') ? where : {});
  return { runs: installedPackage(path) ?? { kind: 'program', program: path }, wrappers };
}

/** A program that anybody could have put there under a known name: `./npx`, `/tmp/x/node`. It is what it is, not what it, or a folder around it, is called. */
function isAnybodys(program: string): boolean {
  return /^(?:\.|(?:\/private)?\/(?:tmp|var\/tmp|dev\/shm)\/|[^/\\~]+[/\\](?<![a-z]:[/\\]))/i.test(program) && !/\/bunx-\d+-/.test(program);
}

/** The words of a command that is one text; undefined: only a shell could tell. A path with spaces in it is a program. */
function wordsOf(text: string): readonly string[] | undefined {
  const isPath = /^(?:\/|~|[a-z]:)/i.test(text) && !/\s["'-]/.test(text);
  return !/\s/.test(text) || isPath ? [text] : commandInLine(text.replaceAll('\\', '\\\\'));
}
