import { writeFile } from 'node:fs/promises';
import { SallyportError } from '../../domain/errors.ts';
import { junitOf } from '../../redteam/junit.ts';
import type { RunReport } from '../../redteam/outcome.ts';
import { runPage } from '../../redteam/page.ts';
import type { Arguments } from '../arguments.ts';

/** Files that a run is written to. */
export const FORMS = { html: { type: 'string' }, junit: { type: 'string' }, report: { type: 'string' } } as const;

const WRITERS: Readonly<Record<keyof typeof FORMS, (report: RunReport) => string>> = {
  html: runPage, junit: junitOf, report: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
};

/** Writes each form that was asked for; whether any was. Throws `ERR_FILE_UNREADABLE`. */
export async function writeForms(options: Arguments, run: RunReport): Promise<boolean> {
  let written = false;
  for (const [name, write] of Object.entries(WRITERS)) {
    const file = options.text(name);
    if (file === undefined) continue;
    written = true;
    await writeFile(file, write(run), { mode: 0o600 }).catch((cause: unknown) => {
      throw new SallyportError('ERR_FILE_UNREADABLE', `${file} can't be written`, { remedy: 'Name a file in a folder that this user may write.', cause });
    });
  }
  return written;
}
