import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inCopies, type ProjectCopy, type Tests } from './project-copy.ts';

/** One line of the path that was left out, and what noticed. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** The name of a test, or a parser's error where what is left is no program; undefined when nothing noticed. */
  readonly caughtBy: string | undefined;
}

/** Every line of a function is left out in turn, and these tests must notice. */
interface Target {
  readonly file: string;
  /** The line on which the function begins; it ends on the next line that closes what is indented as this is. */
  readonly begins: string;
  /** Those that most likely notice first. */
  readonly tests: readonly string[];
}

const [PATH, INSPECTING] = ['src/gateway/gateway.test.ts', 'src/gateway/inspecting.test.ts'];
const TRANSFORMING = 'src/gateway/transforms/transforming.test.ts';
const TARGETS: readonly Target[] = [
  { file: 'src/gateway/gateway.ts', begins: 'async *handle(', tests: [PATH, INSPECTING] },
  { file: 'src/gateway/deciding.ts', begins: 'const decide = async', tests: [TRANSFORMING, PATH] },
  { file: 'src/gateway/answering.ts', begins: 'export async function judgeComing', tests: [TRANSFORMING, INSPECTING, PATH] },
];

function testsIn(...files: readonly string[]): Tests {
  return { files, timeoutMs: 8_000 };
}

/** Leaves out each line of the path in turn, in copies of the project, and finds out what notices. */
export async function runMutants(): Promise<readonly Mutant[]> {
  const all = testsIn(...new Set(TARGETS.flatMap(({ tests }) => tests)));
  const asItIs = async (copy: ProjectCopy): Promise<undefined> => {
    if ((await copy.failing('package.json', copy.read('package.json'), all)) !== undefined) throw new Error(`${all.files.join()} fails without any change`);
  };
  const mutants = await inCopies([asItIs, ...TARGETS.flatMap(mutantsOf)]);
  return mutants.filter((mutant) => mutant !== undefined);
}

function mutantsOf({ file, begins, tests }: Target): readonly ((copy: ProjectCopy) => Promise<Mutant>)[] {
  const lines = readFileSync(join(import.meta.dir, '../..', file), 'utf8').split('\n');
  return bodyOf(lines, begins).map((line) => async (copy) => {
    const text = lines.toSpliced(line, 1).join('\n');
    let caughtBy = parseError(text);
    for (const one of tests) caughtBy ??= await copy.failing(file, text, testsIn(one));
    return { file, line: line + 1, text: (lines[line] ?? '').trim(), caughtBy };
  });
}

/** Indexes of the lines of a function's body; blank lines and comments do nothing. */
function bodyOf(lines: readonly string[], begins: string): readonly number[] {
  const start = lines.findIndex((line) => line.includes(begins));
  const indent = /^ */.exec(lines[start] ?? '')?.[0] ?? '';
  const end = lines.findIndex((line, index) => index > start && [`${indent}}`, `${indent}};`, `${indent}},`].includes(line));
  if (start < 0 || end < 0) throw new Error(`there is no "${begins}"`);
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
  const row = ({ file, line, text, caughtBy = 'NOTHING' }: Mutant): string =>
    `${basename(file).padEnd(12)} ${String(line).padStart(4)}  ${text.slice(0, 62).padEnd(62)}  ${caughtBy.slice(0, 110)}`;
  return mutants.map(row).join('\n');
}
