import { realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Where this very Sallyport is: its command and what that starts, by the paths that it was installed under and by those that links lead to. */
export function ownPrograms(): readonly string[] {
  const paths = [join(import.meta.dir, '..', '..', 'bin', 'sallyport'), join(import.meta.dir, 'main.ts')];
  return [...new Set([...paths, ...paths.map((path) => realpathSync(path))])];
}
