import { redact } from '../domain/redacted.ts';
import type { Runs } from '../domain/runs.ts';
import { lineWithoutSecrets, placeWithoutKeys, withoutSecrets } from './keys.ts';

/** What is run as it may leave the sensor: of an address neither user, query nor what in its path could be a secret; of a line for a shell none. */
export function publicRuns(runs: Runs): Runs {
  if (runs.kind === 'shell') return { kind: 'shell', line: lineWithoutSecrets(runs.line) };
  if (runs.kind === 'program') {
    const { program, script } = runs;
    return { kind: 'program', program: placeWithoutKeys(program), ...(script === undefined ? {} : { script: placeWithoutKeys(script) }) };
  }
  return runs.kind === 'remote' ? { kind: 'remote', url: withoutKeys(runs.url) } : runs;
}

/** An address without what opens it: person, password, query, keys in its path. */
export function withoutKeys(url: string): string {
  if (!URL.canParse(url)) return redact(url);
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${withoutSecrets(pathname)}`;
}
