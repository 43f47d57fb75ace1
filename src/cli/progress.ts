import type { Io } from './command.ts';
import { plain } from './terminal.ts';

const QUIET_MS = 1000;
const REPEAT_MS = 5000;

/** Runs work; what takes longer than a second says so on standard error, so that waiting never looks like hanging. */
export async function withProgress<T>(io: Io, what: string | (() => string), work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const say = (): void => io.note(`${plain(typeof what === 'string' ? what : what())} … ${Math.round((performance.now() - startedAt) / 1000)} s`);
  let repeat: ReturnType<typeof setInterval> | undefined;
  const first = setTimeout(() => {
    say();
    repeat = setInterval(say, REPEAT_MS);
  }, QUIET_MS);
  try {
    return await work();
  } finally {
    clearTimeout(first);
    clearInterval(repeat);
  }
}
