import type { ErrorCode } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';

/** What a command may touch of the outside world; tests give their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether a person can be asked and sees progress. */
  readonly interactive: boolean;
  /** Writes to standard output, exactly as given. */
  out(text: string): void;
  /** Writes one line to standard error. */
  note(text: string): void;
  /** Asks a yes/no question; false when nobody can answer. */
  confirm(question: string): Promise<boolean>;
  /** Aborts on SIGINT and SIGTERM: what waits or follows ends in order. */
  readonly signal: AbortSignal;
}

/** One command, one file. `name` = the file's name = what is typed. */
export interface Command {
  readonly name: string;
  /** One line for `sallyport help`. */
  readonly summary: string;
  /** Every form that can be typed, one a line, without the leading `sallyport`. */
  readonly usage: string;
  /** Exit codes of faults that are no 1, for what runs it without a person. */
  readonly exits?: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Resolves with the exit code. Throws `SallyportError`; `main` prints its code, message and remedy. */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** Prints machines' JSON with `--json`, else the people's view (made only if it is needed). */
export function show(io: Io, asJson: boolean, value: Json, view: () => string): void {
  io.out(asJson ? `${jsonText(value, 2)}\n` : view());
}

/** JSON that means the same and steers no terminal: what JSON itself leaves as it is of control, direction and invisible characters is escaped. */
export function jsonText(value: Json, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, (character) =>
    character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''));
}
