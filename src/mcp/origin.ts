import { SallyportError, type ErrorOrigin } from '../domain/errors.ts';

/** Runs a check; what it throws then tells which message it refuses, so that the answer can carry its id and fit its era. */
export function attributed<T>(origin: ErrorOrigin, check: () => T): T {
  try {
    return check();
  } catch (fault) {
    if (!(fault instanceof SallyportError) || fault.origin !== undefined) throw fault;
    const { code, message, remedy, internal, data, cause, dispatched } = fault;
    throw new SallyportError(code, message, {
      ...(remedy === undefined ? {} : { remedy }),
      ...(internal === undefined ? {} : { internal }),
      ...(data === undefined ? {} : { data }),
      ...(cause === undefined ? {} : { cause }),
      dispatched,
      origin,
    });
  }
}
