import { expect, test } from 'bun:test';
import { need } from './size-needs.ts';
import FIGURES from './size-figures.json' with { type: 'json' };

const each = FIGURES.diskBytesPerCall;

test('disk is calls, days and measured bytes; payloads end, records stay', () => {
  const { disk } = need({ callsPerDay: 1_000_000, days: 100, payloadDays: 10, results: false });
  expect(disk.records).toBe(1e8 * each.records);
  expect(disk.payloads).toBe(1e7 * each.payloads);
  expect(disk.total).toBe(disk.records + disk.log + disk.index + disk.payloads);
});

test('results, larger arguments and peaks cost more', () => {
  const base = { callsPerDay: 86_400, results: false } as const;
  expect(need({ ...base, results: true }).disk.payloads).toBeGreaterThan(need(base).disk.payloads);
  expect(need({ ...base, argumentBytes: 100_000 }).disk.payloads).toBeGreaterThan(need(base).disk.payloads);
  expect(need({ ...base, peak: 10 }).cpu.gatewayCores).toBeCloseTo(10 * FIGURES.cpuUsPerCall.gateway / 1e6);
});

test('a disk lasts as long as what it is told says', () => {
  const wanted = { callsPerDay: 10_000, payloadDays: 30, results: true } as const;
  for (const diskBytes of [1e6, 1e9, 1e12]) {
    const { daysOnDisk = 0 } = need({ ...wanted, diskBytes });
    expect(need({ ...wanted, days: daysOnDisk }).disk.total).toBeLessThanOrEqual(diskBytes);
    expect(need({ ...wanted, days: daysOnDisk + 1 }).disk.total).toBeGreaterThan(diskBytes);
  }
});

test('what was measured is there, with its day and machine', () => {
  for (const bytes of Object.values(each)) expect(bytes).toBeGreaterThan(0);
  for (const us of Object.values(FIGURES.cpuUsPerCall)) expect(us).toBeGreaterThan(0);
  expect(FIGURES.measuredAt).toMatch(/^\d{4}-\d{2}-\d{2}$/);
});
