import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A screen as its own file declares it; read as text, since what it loads is made for browsers. */
export interface Declared {
  readonly name: string;
  readonly needs: string;
  /** Below the console, with `$id` for one segment. */
  readonly paths: readonly string[];
}

const FOLDER = join(import.meta.dir, '..', '..', 'console', 'screens');

export function declaredScreens(): readonly Declared[] {
  return readdirSync(FOLDER).toSorted().map((name) => {
    const said = readFileSync(join(FOLDER, name, 'screen.ts'), 'utf8');
    return {
      name: /\bname: '([^']+)'/.exec(said)?.[1] ?? '', needs: /\bneeds: '([^']+)'/.exec(said)?.[1] ?? '',
      paths: [...said.matchAll(/\bpath: '([^']+)'/g)].map((match) => match[1] ?? ''),
    };
  });
}
