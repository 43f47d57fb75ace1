import { expect, test } from 'bun:test';
import { LIMITS } from '../../domain/limits.ts';
import { ReportPace } from './watch-reports.ts';

test('whoever writes files all the time fills no log: so many changes a minute are told one by one, of the others how many there were', () => {
  const pace = new ReportPace();
  const differences = [{ file: '/a', what: 'command', severity: 'critical' }] as const;
  const taken = Array.from({ length: 1_000 }, (_, at) => pace.takes(differences, 1_000_000 + at)).filter(Boolean);
  expect(taken).toHaveLength(LIMITS.watchReportsPerMinuteMax);
  const held = pace.drain();
  expect([held?.differences.length, (held?.differences.length ?? 0) + (held?.left ?? 0)]).toEqual([LIMITS.fileDifferencesMax, 1_000 - taken.length]);
  expect(pace.drain()).toBeUndefined();
  expect(pace.takes(differences, 1_000_000 + 60_000)).toBe(true);
});
