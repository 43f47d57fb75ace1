import type { StandingLimits } from '../../domain/standing.ts';
import { LIMITS_SHAPE, limitsOf } from '../../registry/limits-shape.ts';
import type { Rows } from '../../store/store.ts';
import { installationSetting } from './installation.ts';

const SETTING = installationSetting('limits', LIMITS_SHAPE);

/** What holds whatever policy says. */
export const readLimits = SETTING.read;
/** The installation's: no other space says anything of them. */
export const writeLimits = SETTING.write;

export async function readStandingLimits(rows: Rows): Promise<StandingLimits> {
  return limitsOf(await readLimits(rows));
}
