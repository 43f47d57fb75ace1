import { SEVERITIES } from '../../domain/finding.ts';
import { usageError } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { rankOf } from './judge.ts';

/** Something was found that is as bad as --fail-on says; 1 is a fault, 2 a typing error. */
export const FOUND = 3;
/** Nothing that bad was found, but not everything could be read. */
export const UNREAD = 4;

/** The rank from which on findings fail the command; high unless said otherwise. */
export function thresholdOf(command: Pick<Command, 'usage'>, options: Arguments): number | undefined {
  const said = options.text('fail-on') ?? 'high';
  if (said === 'never') return undefined;
  const severity = SEVERITIES.find((each) => each === said);
  if (severity === undefined) throw usageError(command, `--fail-on is never or one of ${SEVERITIES.join(', ')}`);
  return rankOf(severity);
}
