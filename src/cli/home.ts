import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The state folder: `--home`, else `$SALLYPORT_HOME`, else `~/.sallyport`. Always absolute. */
export function homeFolder(env: Readonly<Record<string, string | undefined>>, option?: string): string {
  return resolve(option ?? env['SALLYPORT_HOME'] ?? join(env['HOME'] ?? homedir(), '.sallyport'));
}
