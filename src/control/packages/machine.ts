import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Link } from '../../link/connect.ts';
import { packageFault } from '../../packages/fault.ts';
import type { Machine } from '../../packages/npm/resolve.ts';
import type { Interpreter } from '../../packages/pypi/wheel-name.ts';

const INTERPRETER = z.strictObject({
  version: z.string().regex(/^3\.\d{1,3}\.\d{1,3}$/), implementation: z.literal('cpython'), os: z.literal('linux'),
  machine: z.string().regex(/^\w{1,32}$/), glibc: z.tuple([z.int(), z.int()]).exactOptional(),
});

/** What packages with machine code must fit: control and runner are of one kind of machine. */
export function npmMachine(): Machine {
  return { os: process.platform, cpu: process.arch, libc: 'glibc' };
}

/** The interpreter that the runner would start Python servers with. Throws `ERR_PACKAGE_RUNTIME`, `ERR_LINK_*`. */
export async function askInterpreter(runner: Pick<Link, 'call'>): Promise<Interpreter> {
  const read = INTERPRETER.safeParse(await asked(runner), { reportInput: false });
  if (read.success) return read.data;
  throw packageFault('ERR_PACKAGE_RUNTIME', 'Python', 'the runner has no CPython 3 for Linux');
}

async function asked(runner: Pick<Link, 'call'>): Promise<unknown> {
  try {
    return await runner.call('runner.python', {});
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    throw packageFault('ERR_PACKAGE_RUNTIME', 'Python', 'the runner, which would start it, does not answer', error.code);
  }
}
