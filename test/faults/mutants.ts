import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line of the path that was left out, and what noticed. */
export interface Mutant {
  readonly line: number;
  readonly text: string;
  /** The name of a test, or a parser's error where what is left is no program; undefined when nothing noticed. */
  readonly caughtBy: string | undefined;
}

const ROOT = join(import.meta.dir, '../..');
const FILE = 'src/gateway/gateway.ts';
const TESTS = ['src/gateway/gateway.test.ts', 'src/gateway/inspecting.test.ts'];

/** Leaves out each line of `handle` in turn, in a copy of the project, and finds out what notices. */
export async function runMutants(): Promise<readonly Mutant[]> {
  const copy = mkdtempSync('/tmp/sp-mutants-');
  try {
    for (const folder of ['src', 'test']) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
    for (const file of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, file), join(copy, file));
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const lines = readFileSync(join(copy, FILE), 'utf8').split('\n');
    const body = bodyOf(lines);
    if ((await failingTest(copy, lines.join('\n'))) !== undefined) throw new Error(`${TESTS.join()} fails without any change`);
    const mutants: Mutant[] = [];
    for (const line of body) {
      const text = lines.toSpliced(line, 1).join('\n');
      const caughtBy = parseError(text) ?? (await failingTest(copy, text));
      mutants.push({ line: line + 1, text: (lines[line] ?? '').trim(), caughtBy });
    }
    return mutants;
  } finally {
    rmSync(copy, { recursive: true, force: true });
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

/** The name of the first test that fails with this text as the path. A test that never ends has failed, too. */
async function failingTest(copy: string, text: string): Promise<string | undefined> {
  writeFileSync(join(copy, FILE), text);
  const run = Bun.spawn([process.execPath, 'test', ...TESTS, '--bail', '--timeout=3000'], {
    cwd: copy, stdout: 'ignore', stderr: 'pipe', env: { ...process.env, CI: 'false' },
  });
  const late = setTimeout(() => run.kill('SIGKILL'), 30_000);
  const output = await run.stderr.text();
  const code = await run.exited;
  clearTimeout(late);
  if (code === 0) return undefined;
  return `test: ${/^\(fail\) (.*?)(?: \[[\d.]+ms\])?$/m.exec(output)?.[1] ?? `exit ${code}`}`;
}

/** For the log: what noticed each line's absence. */
export function tableOf(mutants: readonly Mutant[]): string {
  const row = ({ line, text, caughtBy = 'NOTHING' }: Mutant): string =>
    `${String(line).padStart(4)}  ${text.slice(0, 62).padEnd(62)}  ${caughtBy.slice(0, 110)}`;
  return mutants.map(row).join('\n');
}
