import { inCopies, type ProjectCopy } from './project-copy.ts';
import type { Switch } from './switch.ts';

/** A control that was switched off, and the test that noticed; undefined: none did. */
export interface Off extends Switch {
  readonly caughtBy: string | undefined;
}

const TIMEOUT_MS = 40_000;
const ALL_MS = 300_000;

/**
 * Switches each control off in turn, in copies of the project, and runs the one test that must notice. `broken`: the test that
 * fails without that, by which nothing would be shown.
 */
export async function switchEachOff(rows: readonly Switch[]): Promise<{ readonly broken: string | undefined; readonly offs: readonly Off[] }> {
  const all = { files: [...new Set(rows.map(({ tests }) => tests))], named: rows.map(({ named }) => named), timeoutMs: TIMEOUT_MS, lateMs: ALL_MS };
  const asItIs = async (copy: ProjectCopy): Promise<string | undefined> => {
    const run = (): Promise<string | undefined> => copy.failing('package.json', copy.read('package.json'), all);
    return (await run()) === undefined ? undefined : run();
  };
  const [broken, ...caught] = await inCopies([asItIs, ...rows.map((one) => (copy: ProjectCopy) => noticed(copy, one))]);
  return { broken, offs: rows.map((one, place) => ({ ...one, caughtBy: caught[place] })) };
}

async function noticed(copy: ProjectCopy, { what, file, from, to, tests, named }: Switch): Promise<string | undefined> {
  const parts = copy.read(file).split(from);
  if (parts.length !== 2) throw new Error(`${what}: "${from}" stands ${parts.length - 1} times in ${file}`);
  const run = (): Promise<string | undefined> => copy.failing(file, parts.join(to), { files: [tests], named: [named], timeoutMs: TIMEOUT_MS });
  const first = await run();
  // On a machine with much else to do what comes before the test may not be ready in time, which says nothing of the control.
  return first === undefined || first.includes(named) ? first : run();
}

/** For the log: what noticed that each was off. */
export function tableOf(offs: readonly Off[]): string {
  return offs.map(({ what, caughtBy = 'NOTHING' }) => `${what.slice(0, 46).padEnd(46)}  ${caughtBy.slice(0, 110)}`).join('\n');
}
