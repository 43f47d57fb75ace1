import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { findCommand } from '../tools.ts';

/** What local servers are written for. */
const INTERPRETERS: readonly string[] = ['node', 'python3', 'python', 'bun', 'deno', 'uv'];

/**
 * Folders of the interpreters that the operator's PATH finds outside `/usr` (nvm, pyenv, a download in the home), with the
 * libraries beside them; else the program alone. Looks at the machine.
 */
export function runtimeFolders(searchPath: readonly string[]): readonly string[] {
  const found = INTERPRETERS.flatMap((name) => findCommand(name, searchPath) ?? []);
  const folders = found.flatMap((program) => [program, realpathSync(program)]).filter((program) => !/^\/(?:usr|bin|sbin)\//.test(program)).map(rootOf);
  return [...new Set(folders)].toSorted();
}

function rootOf(program: string): string {
  const folder = dirname(program);
  const root = dirname(folder);
  if (!/^(?:bin|shims)$/.test(basename(folder))) return program;
  // What also holds the rest of a home, or of the system, is not shown for the sake of a program.
  return /^\/(?:[^/]*|home\/[^/]*|Users\/[^/]*)$|\/\.(?:local|config|cargo)$/.test(root) ? program : root;
}
