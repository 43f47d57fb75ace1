import { copyProject, type ProjectCopy } from './project-copy.ts';
import { SWITCHES, type Switch } from './switches.ts';

/** A control that was switched off, and the test that noticed; undefined: none did. */
export interface Off extends Switch {
  readonly caughtBy: string | undefined;
}

/** As many at once as there are cores for the suite. */
const AT_ONCE = 2;
const TIMEOUT_MS = 20_000;

/**
 * Switches each control off in turn, in copies of the project, and runs the one test that must notice. `broken`: the test that
 * fails without that, by which nothing would be shown.
 */
export async function switchEachOff(): Promise<{ readonly broken: string | undefined; readonly offs: readonly Off[] }> {
  const copies = Array.from({ length: AT_ONCE }, copyProject);
  const offs: Off[] = [];
  let broken: string | undefined;
  const all = { files: [...new Set(SWITCHES.map(({ tests }) => tests))], named: SWITCHES.map(({ named }) => named), timeoutMs: TIMEOUT_MS };
  const jobs = [
    async (copy: ProjectCopy) => {
      broken = await copy.failing('package.json', copy.read('package.json'), all);
    },
    ...SWITCHES.map((one) => async (copy: ProjectCopy) => void offs.push({ ...one, caughtBy: await noticed(copy, one) })),
  ];
  try {
    await Promise.all(copies.map(async (copy) => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job(copy);
    }));
    return { broken, offs };
  } finally {
    for (const copy of copies) copy.remove();
  }
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
