import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';

/** `group:NAME`, `agent:NAME` or `principal:ID`, as control takes it. */
export function readGrantee(given: string): JsonObject {
  const [, kind, name] = /^(group|agent|principal):(.+)$/.exec(given) ?? [];
  if (kind === undefined || name === undefined) throw new SallyportError(
    'ERR_USAGE', '--to names nobody', { remedy: 'Write --to group:NAME, agent:NAME or principal:ID.' },
  );
  return { [kind]: name };
}
