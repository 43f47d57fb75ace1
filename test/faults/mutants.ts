import { copyProject, type Tests } from './project-copy.ts';

/** One line of the path that was left out, and what noticed. */
export interface Mutant {
  readonly line: number;
  readonly text: string;
  /** The name of a test, or a parser's error where what is left is no program; undefined when nothing noticed. */
  readonly caughtBy: string | undefined;
}

const FILE = 'src/gateway/gateway.ts';
const TESTS: Tests = { files: ['src/gateway/gateway.test.ts', 'src/gateway/inspecting.test.ts'], timeoutMs: 3_000 };

/** Leaves out each line of `handle` in turn, in a copy of the project, and finds out what notices. */
export async function runMutants(): Promise<readonly Mutant[]> {
  const copy = copyProject();
  try {
    const whole = copy.read(FILE);
    const lines = whole.split('\n');
    const body = bodyOf(lines);
    if ((await copy.failing(FILE, whole, TESTS)) !== undefined) throw new Error(`${TESTS.files.join()} fails without any change`);
    const mutants: Mutant[] = [];
    for (const line of body) {
      const text = lines.toSpliced(line, 1).join('\n');
      const caughtBy = parseError(text) ?? (await copy.failing(FILE, text, TESTS));
      mutants.push({ line: line + 1, text: (lines[line] ?? '').trim(), caughtBy });
    }
    return mutants;
  } finally {
    copy.remove();
  }
}

/** Indexes of the lines of `handle`'s body; blank lines and comments do nothing. */
function bodyOf(lines: readonly string[]): readonly number[] {
  const start = lines.findIndex((line) => line.includes('async *handle('));
  const indent = /^ */.exec(lines[start] ?? '')?.[0] ?? '';
  const end = lines.findIndex((line, index) => index > start && line === `${indent}},`);
  if (start < 0 || end < 0) throw new Error(`${FILE} has no handle()`);
  return [...lines.keys()].slice(start + 1, end).filter((index) => !/^\s*($|\/\/|\/?\*)/.test(lines[index] ?? ''));
}

/** What the parser says; undefined when it is a program. */
function parseError(text: string): string | undefined {
  try {
    new Bun.Transpiler({ loader: 'ts' }).transformSync(text);
    return undefined;
  } catch (fault) {
    return `parser: ${fault instanceof Error ? fault.message : 'no program'}`;
  }
}

/** For the log: what noticed each line's absence. */
export function tableOf(mutants: readonly Mutant[]): string {
  const row = ({ line, text, caughtBy = 'NOTHING' }: Mutant): string =>
    `${String(line).padStart(4)}  ${text.slice(0, 62).padEnd(62)}  ${caughtBy.slice(0, 110)}`;
  return mutants.map(row).join('\n');
}
