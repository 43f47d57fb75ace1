import { redact } from '../domain/redacted.ts';
import type { Runs } from '../domain/runs.ts';
import { withoutSecrets } from './keys.ts';

/** What is run as it may leave the sensor: of an address neither user, query nor what in its path could be a secret; of a line for a shell none. */
export function publicRuns(runs: Runs): Runs {
  if (runs.kind === 'shell') return { kind: 'shell', line: redact(runs.line) };
  if (runs.kind !== 'remote' || !URL.canParse(runs.url)) return runs;
  const { protocol, host, pathname } = new URL(runs.url);
  return { kind: 'remote', url: `${protocol}//${host}${withoutSecrets(pathname)}` };
}
