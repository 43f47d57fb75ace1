import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A small file system of its own under a folder and what it holds; false, loudly, where mounting is not allowed. */
export function mountSmall(place: string, megabytes: number): boolean {
  const kept = mkdtempSync('/tmp/sp-kept-');
  try {
    cpSync(place, kept, { recursive: true });
    const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', place], { stderr: 'pipe' });
    if (mounted.exitCode === 0) cpSync(kept, place, { recursive: true });
    else console.log(`A FULL DISK IS NOT TRIED HERE: ${mounted.stderr.toString().trim() || 'mount failed'}`);
    return mounted.exitCode === 0;
  } finally {
    rmSync(kept, { recursive: true, force: true });
  }
}

/** Takes what is left of the file system under `place`. */
export function fillUp(place: string): void {
  const filler = join(place, `filler.${readdirSync(place).length}`);
  Bun.spawnSync(['dd', 'if=/dev/zero', `of=${filler}`, 'bs=4k'], { stderr: 'ignore' });
}

export function makeRoom(place: string): void {
  for (const name of readdirSync(place)) if (name.startsWith('filler.')) rmSync(join(place, name));
}
