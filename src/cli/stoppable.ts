import { SallyportError } from '../domain/errors.ts';
import type { Io } from './command.ts';

/** Who stops what happens in a range hears that it is over. Throws `ERR_RANGE_STOPPED`. */
export async function stoppable<T>({ signal }: Io, work: Promise<T>, remedy: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new SallyportError('ERR_RANGE_STOPPED', 'The run was stopped; nothing of it goes on, and nothing is kept.', { remedy, cause });
  }
}
