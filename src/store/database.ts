import { SallyportError } from '../domain/errors.ts';

/** What both databases take and give alike. Booleans, dates and JSON are kept as numbers and text. */
export type Value = string | number | null;
export type DatabaseRow = Readonly<Record<string, Value>>;

/** Statements are written once for both dialects, with `$1`, `$2` … numbered in order of first appearance. */
export interface Statements {
  readonly run: (statement: string, values?: readonly Value[]) => Promise<readonly DatabaseRow[]>;
}

/** One database, opened. The rest of the room is written against this and knows no dialect. */
export interface Database {
  /** An SQL expression for the database's own time, epoch ms. */
  readonly nowMs: string;
  /** A single statement that only reads. */
  readonly read: Statements['run'];
  /** A single statement that may write; atomic by itself. */
  readonly write: Statements['run'];
  /** All or nothing, one at a time over all handles and processes. */
  readonly transaction: <T>(work: (statements: Statements) => Promise<T>) => Promise<T>;
  /** Reading only: all that is read until `end` is of one moment, and nobody waits for it. */
  readonly freeze: () => Promise<Statements & { readonly end: () => Promise<void> }>;
  /** A statement that tells other handles of a change, run within the changing transaction; absent where they must look. */
  readonly announce?: string;
  /** Calls `wake` when another handle announces. Returns how to stop. Absent where handles must look. */
  readonly awaken?: (wake: () => void) => Promise<() => Promise<void>>;
  /** How often a listener looks by itself, at least. */
  readonly lookMs: number;
  readonly close: () => Promise<void>;
}

const REMEDY = 'Check that the database runs, is reachable and is not overloaded, then try again.';

export function unavailable(what: string, cause: unknown, remedy = REMEDY): SallyportError {
  if (cause instanceof SallyportError) return cause;
  return new SallyportError('ERR_STORE_UNAVAILABLE', what, { remedy, internal: describe(cause), cause });
}

/** The driver's code and words; drivers name hosts and constraints, never passwords or row values of ours. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'errno' in cause && typeof cause.errno === 'string' ? cause.errno : 'code' in cause ? String(cause.code) : cause.name;
  return `${code}: ${cause.message}`;
}

/** Rejects with `ERR_STORE_UNAVAILABLE` when `work` takes longer. The work itself goes on: the caller must make it harmless. */
export async function within<T>(timeoutMs: number, work: Promise<T>, onTimeout: () => void = () => {}): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new SallyportError('ERR_STORE_UNAVAILABLE', `no answer within ${timeoutMs} ms`, { remedy: REMEDY }));
      onTimeout();
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
