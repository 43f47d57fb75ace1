import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ReportPace, WatchReports } from './watch-reports.ts';

test('whoever writes files all the time fills no log: so many changes a minute are told one by one, of the others how many there were', () => {
  const pace = new ReportPace();
  const differences = [{ file: '/a', what: 'environment: A', severity: 'low' }] as const;
  const taken = Array.from({ length: 1_000 }, (_, at) => pace.takes(differences, 1_000_000 + at)).filter(Boolean);
  expect(taken).toHaveLength(LIMITS.watchReportsPerMinuteMax);
  // One that weighs more than all that came before it is not what is left out.
  expect(pace.takes([{ file: '/b', what: 'command', severity: 'critical' }], 1_002_000)).toBe(false);
  const held = pace.drain();
  expect(held?.differences[0]).toMatchObject({ file: '/b' });
  expect([held?.differences.length, (held?.differences.length ?? 0) + (held?.left ?? 0)]).toEqual([LIMITS.fileDifferencesMax, 1_001 - taken.length]);
  expect(pace.drain()).toBeUndefined();
  expect(pace.takes(differences, 1_000_000 + 60_000)).toBe(true);
});

test('what is added while control is told stays on the disk until it was told, and what was told does not', async () => {
  for (let round = 0; round < 20; round += 1) {
    const folder = mkdtempSync('/tmp/sp-reports-');
    let room = 3;
    const client = {
      home: folder, control: 'https://control.example',
      send: async () => {
        await Bun.sleep(0);
        if (room === 0) throw new SallyportError('ERR_NOT_RUNNING', 'it is away');
        room -= 1;
        return null;
      },
    };
    const io = { note: () => undefined };
    const reports = await WatchReports.open(client, io, folder);
    await Promise.all(Array.from({ length: 12 }, async (_, at) => {
      await Bun.sleep(at % 3);
      await Promise.all([reports.add('/file-changes', { at }), reports.send()]);
    }));
    await reports.send();
    expect([reports.waiting, (await WatchReports.open(client, io, folder)).waiting]).toEqual([9, 9]);
    rmSync(folder, { recursive: true });
  }
});
