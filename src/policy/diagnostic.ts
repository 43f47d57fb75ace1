import type { ErrorCode } from '../domain/errors.ts';

/** What the compiler says of one place. Any `error` makes the whole compilation deny-all (invariant 3). */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** What is wrong, before it is known where. `at`: an offset into the policy's text, in UTF-16 units. */
export interface Problem {
  readonly severity?: 'warning';
  readonly at?: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** One line for people: `policies.cedar:3:7 ERR_POLICY_INVALID message (remedy)`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, code, message, remedy } = diagnostic;
  return `${file}:${line}:${column} ${code} ${message} (${remedy})`;
}
