import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';

const NAME = /^sallyport-range-(\d+)-[A-Za-z0-9]+$/g;

/** A folder for one range. Those of drivers that were killed, and so could not erase theirs, are erased first. */
export function makeHome(): string {
  const folder = tmpdir();
  // By its name first: whatever else lies there is others'.
  for (const [name, driver] of readdirSync(folder).flatMap((one) => Array.from(one.matchAll(NAME), ([whole, pid]) => [whole, Number(pid)] as const))) {
    if (!isRunning(driver) && isOld(join(folder, name))) eraseHome(join(folder, name));
  }
  return mkdtempSync(join(folder, `sallyport-range-${process.pid}-`));
}

export function eraseHome(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    // One that may not be asked is there.
    return fault instanceof Error && 'code' in fault && fault.code === 'EPERM';
  }
}

/** A number can be another process's where containers share the folder: none that may be in use is touched. */
function isOld(path: string): boolean {
  try {
    const { mtimeMs, uid } = lstatSync(path);
    return uid === process.getuid?.() && Date.now() - mtimeMs > LIMITS.rangeLeftMs;
  } catch {
    return false;
  }
}
