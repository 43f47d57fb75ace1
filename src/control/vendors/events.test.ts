import { afterAll, beforeAll, expect, test } from 'bun:test';
import { LIMITS } from '../../domain/limits.ts';
import { DISCLOSURE_FORMAT } from '../../vendor/disclosure/answer.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { listStored } from '../stored.ts';
import { keepEvent, type Noted } from './events.ts';
import { readVendors } from './facts.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
  await configure(fixture.role.control, 'vendor', 'default', 'acme', {
    name: 'Acme', owner: 'sales@example.com', purpose: 'customers', tier: 'standard', endpoints: [{ url: 'https://mcp.acme.example/mcp' }],
    data: { confidentiality: 'internal' },
  });
});
afterAll(() => fixture.close());

const MAX = LIMITS.vendorEventsMax;
const of = { space: 'default', vendor: 'acme', note: 'told', by: 'tests' } as const;
const advisory = (at: number): Noted => ({ ...of, event: 'advisory', advisory: { id: `GHSA-${at}`, severity: 'low' } });

async function kept(): Promise<readonly string[]> {
  return (await listStored(fixture.role.control.store, 'vendor-event', 'default')).map(({ body }) => `${body.event} ${body.advisory?.id ?? ''}`);
}

function keep(events: readonly Noted[], at: number): Promise<readonly boolean[]> {
  return fixture.role.control.store.transaction(async (rows) => {
    const isKept: boolean[] = [];
    for (const event of events) isKept.push(await keepEvent(rows, event, at));
    return isKept;
  });
}

test('the oldest notice that is open stays, however many advisories come after it; and one that comes after them has room', async () => {
  const { store } = fixture.role.control;
  // By a clock that was put back since.
  expect(await keep([{ ...of, event: 'certificate-changed' }], 7_000)).toEqual([true]);
  expect(await keep([{ ...of, event: 'breach-notice' }], 1_000)).toEqual([true]);
  const taken = await keep(Array.from({ length: MAX + 50 }, (_, at) => advisory(at)), 2_000);
  expect(await kept()).toContain('breach-notice ');
  const [facts] = await readVendors(store, 3_000);
  expect(facts?.input.isBreached).toBe(true);
  expect(taken.filter(Boolean).length).toBeLessThan(MAX);
  expect(await keep([{ ...of, event: 'issuer-changed' }, { ...of, event: 'domain-changed' }, { ...of, event: 'breach-notice' }], 2_500))
    .toEqual([true, true, false]);
  expect((await kept()).length).toBeLessThanOrEqual(MAX);
});

test('what somebody vouched for since makes room, the oldest first, and nothing that is open', async () => {
  const { control } = fixture.role;
  const before = await kept();
  const disclosure = { disclosure: DISCLOSURE_FORMAT, vendor: 'acme', by: 'sales@acme.example', date: '2026-01-01', answers: {} };
  await configure(control, 'disclosure', 'default', 'acme', {
    disclosure, digest: 'a'.repeat(64), via: 'file', acceptedBy: 'tests', acceptedAt: 5_000, attestedAt: 5_000, attestedBy: 'tests',
  });
  expect(await keep(Array.from({ length: 20 }, (_, at) => advisory(at)), 6_000)).not.toContain(false);
  const after = await kept();
  expect(after).toHaveLength(MAX);
  expect(after).not.toContain('breach-notice ');
  expect(after[0]).toBe('certificate-changed ');
  expect(after[1]).toBe(before[1 + before.length + 20 - MAX] ?? '');
});
