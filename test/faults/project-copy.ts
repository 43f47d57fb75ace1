import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A copy of the project, in which a file may say something else while tests run. */
export interface ProjectCopy {
  read(file: string): string;
  /** The name of the first of these tests that fails with this text as the file, which is put back. A test that never ends has failed, too. */
  failing(file: string, text: string, tests: Tests): Promise<string | undefined>;
  remove(): void;
}

export interface Tests {
  readonly files: readonly string[];
  /** Only tests whose name has one of these in it. */
  readonly named?: readonly string[];
  /** Of one test. */
  readonly timeoutMs: number;
  /** Of all of them. */
  readonly lateMs?: number;
}

const ROOT = join(import.meta.dir, '../..');
const LATE_MS = 60_000;

function copyProject(): ProjectCopy {
  const copy = mkdtempSync('/tmp/sp-mutants-');
  for (const folder of ['src', 'test', 'bin', 'docs', 'scripts', 'demo']) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, file), join(copy, file));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const read = (file: string): string => readFileSync(join(copy, file), 'utf8');
  return {
    read,
    async failing(file, text, tests) {
      const before = read(file);
      writeFileSync(join(copy, file), text);
      try {
        return await firstFailing(copy, tests);
      } finally {
        writeFileSync(join(copy, file), before);
      }
    },
    remove: () => rmSync(copy, { recursive: true, force: true }),
  };
}

/** As many at once as there are cores for the suite. */
const AT_ONCE = 2;

/** Does each job in one of several copies, in order but not one after the other; what they give comes in their order. */
export async function inCopies<T>(jobs: readonly ((copy: ProjectCopy) => Promise<T>)[]): Promise<readonly T[]> {
  const copies = Array.from({ length: AT_ONCE }, copyProject);
  const done: T[] = [];
  const waiting = [...jobs.entries()];
  try {
    await Promise.all(copies.map(async (copy) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [place, job] = next;
        done[place] = await job(copy);
      }
    }));
    return done;
  } finally {
    for (const copy of copies) copy.remove();
  }
}

async function firstFailing(copy: string, { files, named, timeoutMs, lateMs = LATE_MS }: Tests): Promise<string | undefined> {
  const only = named === undefined ? [] : ['--test-name-pattern', named.map((name) => RegExp.escape(name)).join('|')];
  const run = Bun.spawn([process.execPath, 'test', ...files, '--bail', `--timeout=${timeoutMs}`, ...only], {
    cwd: copy, stdout: 'ignore', stderr: 'pipe', env: { ...process.env, CI: 'false' },
  });
  const late = setTimeout(() => run.kill('SIGKILL'), lateMs);
  const output = await run.stderr.text();
  const code = await run.exited;
  clearTimeout(late);
  if (code === 0) return undefined;
  return `test: ${/^\(fail\) (.*?)(?: \[[\d.]+ms\])?$/m.exec(output)?.[1] ?? `exit ${code}`}`;
}
