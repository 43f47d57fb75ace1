import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import type { Json } from '../domain/json.ts';
import { findCommand } from './tools.ts';

const ASK = [
  'import json, platform, sys',
  'libc, version = platform.libc_ver()',
  'numbers = [int(part) for part in version.split(".")[:2]] if libc == "glibc" else None',
  'print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3], "implementation": sys.implementation.name, "os": sys.platform,',
  '  "machine": platform.machine(), **({"glibc": numbers} if numbers else {})}))',
].join('\n');
const ANSWER_BYTES_MAX = 4096;
const ANSWER_MS = 10_000;

/**
 * What the Python is that servers are started with: version, machine and C library, as it says itself, without anybody's modules.
 * Null: there is none. The path of it is the program itself, never a script in front of it, which no sandbox could follow.
 */
export async function askPython(searchPath: readonly string[]): Promise<Json> {
  const python = findPython(searchPath);
  if (python === undefined) return null;
  const child = spawn(python, ['-I', '-S', '-c', ASK], { cwd: '/', env: { LANG: 'C.UTF-8' }, stdio: ['ignore', 'pipe', 'ignore'], timeout: ANSWER_MS });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (said.length < ANSWER_BYTES_MAX) said += chunk.toString('utf8');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve).once('error', () => resolve(null)));
  if (code !== 0) return null;
  const answer: Json = JSON.parse(said);
  return answer;
}

/** The first `python3` of the search path that is a program. */
export function findPython(searchPath: readonly string[]): string | undefined {
  return searchPath.map((folder) => findCommand('python3', [folder])).find((path) => path !== undefined && isProgram(path));
}

function isProgram(path: string): boolean {
  try {
    const file = openSync(realpathSync(path), 'r');
    const head = Buffer.alloc(4);
    readSync(file, head, 0, head.length, 0);
    closeSync(file);
    return head.toString('latin1') === '\u007fELF';
  } catch {
    return false;
  }
}
