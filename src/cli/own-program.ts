import { realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Where this very Sallyport is: by the path that it was installed under, and by the one that links lead to. */
export function ownPrograms(): readonly string[] {
  const path = join(import.meta.dir, '..', '..', 'bin', 'sallyport');
  return [path, realpathSync(path)];
}
