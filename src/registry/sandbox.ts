import { posix } from 'node:path';
import { LIMITS } from '../domain/limits.ts';
import { PACKAGE_ROOT } from '../domain/server.ts';
import type { LaunchSpec, SandboxSpec } from '../domain/server.ts';

/** Nothing but its own package and the system's runtime: what a server gets of which nobody said more. */
export function defaultSandbox(): SandboxSpec {
  return {
    reads: [], writes: [], network: [], memoryBytesMax: LIMITS.sandboxMemoryBytes, processesMax: LIMITS.sandboxProcesses,
    filesMax: LIMITS.sandboxFiles, tmpBytesMax: LIMITS.sandboxTmpBytes, secretFiles: {},
  };
}

/**
 * The sandbox of a launch with what follows by itself from its command: the packages of scripts that it names by their absolute
 * paths, and its working folder, read-only. By the words alone: whoever approves sees the same folders on every machine.
 */
export function sandboxOf(launch: Pick<LaunchSpec, 'command' | 'args' | 'cwd'>, declared: SandboxSpec = defaultSandbox()): SandboxSpec {
  const scripts = [launch.command, ...scriptOf(launch)].filter((word) => posix.isAbsolute(word));
  const own = [...scripts.map(packageOf), ...(launch.cwd === undefined ? [] : [launch.cwd])].filter((path) => !isRuntime(path));
  const seen = [...declared.reads, ...declared.writes];
  return { ...declared, reads: [...new Set([...own.filter((path) => !seen.some((folder) => isWithin(path, folder))), ...declared.reads])] };
}

/** The first argument of an interpreter that is no option; what any other program is told is no program. */
function scriptOf({ command, args }: Pick<LaunchSpec, 'command' | 'args'>): readonly string[] {
  const isInterpreter = /^(?:node|nodejs|bun|deno|python|pypy|ruby|perl|php|lua|java)[\d.]*(?:\.exe)?$/.test(posix.basename(command));
  return isInterpreter ? args.filter((word) => !word.startsWith('-') && word !== 'run').slice(0, 1) : [];
}

/** Within node_modules all of it: packages need each other. Else the folder of the script, or the one above what was built there. */
function packageOf(script: string): string {
  const path = posix.normalize(script);
  const modules = path.indexOf('/node_modules/');
  if (modules >= 0) return path.slice(0, modules + '/node_modules'.length);
  const folder = posix.dirname(path);
  const own = /^(?:dist|build|lib|src|bin|out)$/.test(posix.basename(folder)) ? posix.dirname(folder) : folder;
  // A whole home, or a folder of everybody's, is more than a package: then the one file.
  return isWide(own) ? path : own;
}

function isWide(folder: string): boolean {
  return /^\/(?:[^/]*|home\/[^/]*|var\/(?:lib|tmp|log|cache|run)|usr\/local|Users\/[^/]*)$/.test(folder);
}

/** What is there in every sandbox, and the entry of the package store that it runs from. */
function isRuntime(path: string): boolean {
  return path.startsWith(`${PACKAGE_ROOT}/`) || /^\/(?:tmp)?$|^\/(?:usr|bin|sbin|lib|lib32|lib64)(?:\/|$)/.test(path);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
