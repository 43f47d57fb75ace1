import type { StandingLimits } from '../../domain/standing.ts';
import { limitsOf } from '../../registry/limits-shape.ts';
import type { Rows } from '../../store/store.ts';
import { installationReader } from './installation.ts';

/** What holds whatever policy says. */
const readLimits = installationReader('limits');

export async function readStandingLimits(rows: Rows): Promise<StandingLimits> {
  return limitsOf(await readLimits(rows));
}
