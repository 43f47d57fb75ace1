import { posix, win32 } from 'node:path';
import type { Runs } from '../../domain/runs.ts';

/** Where a command stands, as far as it is known. Nothing of it is looked up. */
export interface Around {
  readonly cwd?: string;
  /** Where package managers are told to fetch from. */
  readonly source?: string;
  /** Programs that are Sallyport, besides one that is installed where only the system's administrator can. */
  readonly gates?: readonly string[];
}

/** A command in the middle of being unwrapped. */
export interface Words {
  /** The program's own name: without folder and suffix, in lower case. */
  readonly program: string;
  /** As it was written. */
  readonly words: readonly string[];
  readonly around: Around;
}

/** One wrapper off: what it starts, or what that is. */
export type Step =
  | { readonly wrapper: string; readonly words: readonly string[]; readonly around?: Around }
  | { readonly wrapper: string; readonly runs: Runs };

/** Takes one kind of wrapper off. Undefined: it is none of its kind. */
export type Unwrapper = (command: Words) => Step | undefined;

/** A path where it stands; a relative one stays one where the folder is not known. */
export function placed(path: string, { cwd }: Around): string {
  if (cwd === undefined || /^(?:[/\\~$%]|[a-z]:)/i.test(path)) return path;
  return (/^[a-z]:|\\/i.test(cwd) ? win32 : posix).join(cwd, path);
}
