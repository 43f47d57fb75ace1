import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { StandingLimits } from '../../domain/standing.ts';
import { LIMITS_SHAPE, limitsOf } from '../../registry/limits-shape.ts';
import type { LimitsShape } from '../../registry/limits-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

const ID = 'limits';

/** What holds whatever policy says, as the manifest of the default space says it. */
export async function readLimits(rows: Rows): Promise<LimitsShape> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return row === undefined ? {} : LIMITS_SHAPE.parse(row.body);
}

export async function readStandingLimits(rows: Rows): Promise<StandingLimits> {
  return limitsOf(await readLimits(rows));
}

/** Whether anything changed. Throws `ERR_CONFIG_INVALID`: they are the installation's, so no other space's manifest says anything of them. */
export async function writeLimits(rows: Rows, space: string, limits: LimitsShape, by: string): Promise<boolean> {
  const isNone = Object.keys(limits).length === 0;
  if (space !== DEFAULT_SPACE) {
    if (isNone) return false;
    throw new SallyportError('ERR_CONFIG_INVALID', `limits are the installation's, not the space ${space}'s`, { remedy: 'Set them in the default space.' });
  }
  if (Bun.deepEquals(await readLimits(rows), limits)) return false;
  await (isNone ? rows.delete('setting', space, ID, { by }) : rows.put('setting', space, ID, decodeJson(JSON.stringify(limits)), { by }));
  return true;
}
