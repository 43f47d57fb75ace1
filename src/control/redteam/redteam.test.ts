import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { ask, person } from '../admins/fixture-admin.ts';
import { openControl, type ControlFixture } from '../fixture-control.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
  for (const [group, role] of [['soc', 'analyst'], ['auditors', 'auditor']] as const) {
    await fixture.api('POST', '/admins', { to: { group }, role, space: '*' });
  }
});
afterAll(() => fixture.close());

function result(id: string, outcome: string, acted: readonly string[], silent: readonly string[] = []): JsonObject {
  return {
    id, title: `tries ${id}`, techniques: ['SAFE-T1001', 'MCP03'], claim: 'prevented', outcome, acted: acted.map((control) => ({ control, shows: ['x/y'] })),
    silent, ...(outcome === 'prevented' && silent.length === 0 ? {} : { red: `it is ${outcome}` }),
    harm: [], evidence: [{ position: 1, event: 'call.denied' }], tookMs: 5,
  };
}

function run(at: number, results: readonly JsonObject[], source = 'shipped'): JsonObject {
  return {
    startedAt: at, endedAt: at + 10, seed: 'a', configuration: 'a'.repeat(64), source, isolated: true, leftOut: [], agent: 'scripted', results,
  };
}

const POST = async (body: JsonObject): Promise<JsonObject> => (await fixture.api('POST', '/redteam/runs', body)).body;

test('what got worse since the last run of its kind is a finding; what got better, or was not there, is none', async () => {
  const findings = (): number => journalOf(fixture.home, { event: 'finding.raised' }).length;
  expect(await POST(run(1, [result('a', 'prevented', ['pins']), result('b', 'detected', ['egress'])]))).toMatchObject({ differences: [] });
  expect(await POST(run(2, [result('a', 'prevented', ['pins']), result('b', 'prevented', ['egress', 'flow']), result('c', 'missed', [])])))
    .toMatchObject({ differences: [{ scenario: 'b', regressed: false }, { scenario: 'c', was: 'absent', regressed: false }] });
  // Of another kind: nothing to compare with.
  expect(await POST(run(3, [result('a', 'missed', [])], 'live'))).toMatchObject({ differences: [] });
  expect(findings()).toBe(0);
  const worse = await POST(run(4, [result('a', 'missed', [], ['pins']), result('b', 'prevented', ['flow'], ['egress']), result('c', 'missed', [])]));
  expect(worse).toMatchObject({ differences: [
    { scenario: 'a', was: 'prevented', is: 'missed', lost: ['pins'], regressed: true }, { scenario: 'b', lost: ['egress'], regressed: true },
  ] });
  await fixture.api('GET', '/redteam/runs');
  expect(journalOf(fixture.home, { event: 'finding.raised' })).toEqual([
    expect.objectContaining({ findings: [expect.objectContaining({ detector: 'redteam', expected: 'prevented', seen: 'missed, without pins' })] }),
    expect.objectContaining({ findings: [expect.objectContaining({ detector: 'redteam', rule: 'regressed', seen: 'prevented, without egress' })] }),
  ]);
  expect(journalOf(fixture.home, { event: 'redteam.ran' })).toHaveLength(4);
  expect((await fixture.api('GET', '/redteam/runs/last')).body).toMatchObject({
    id: worse['id'] ?? '', techniques: [{ technique: 'MCP03', outcome: 'missed' }, { technique: 'SAFE-T1001', outcome: 'missed', controls: ['flow'] }],
  });
});

test('analysts hand runs in, auditors read them, and neither does the other', async () => {
  const { control } = fixture.role;
  const body = run(5, [result('a', 'prevented', ['pins'])]);
  const [ana, otto] = [person('ana', 'soc'), person('otto', 'auditors')];
  expect((await ask(control, otto, 'POST', '/redteam/runs', { body })).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await ask(control, ana, 'POST', '/redteam/runs', { body })).code).toBe('');
  expect((await ask(control, otto, 'GET', '/redteam/runs')).body['runs']).toContainEqual(expect.objectContaining({ startedAt: 5, prevented: 1, red: 0 }));
});

test('what is no run is refused, and old ones make room', async () => {
  expect((await fixture.api('POST', '/redteam/runs', { ...run(6, []), extra: 1 })).body).toMatchObject({ code: 'ERR_REQUEST_INVALID' });
  for (let at = 10; at < 12 + LIMITS.redteamRunsKeptMax; at += 1) await POST(run(at, [result('a', 'prevented', ['pins'])]));
  const { runs } = (await fixture.api('GET', '/redteam/runs')).body;
  expect(runs).toHaveLength(LIMITS.redteamRunsKeptMax);
  const [newest] = Array.isArray(runs) ? runs : [];
  expect(newest).toMatchObject({ startedAt: 11 + LIMITS.redteamRunsKeptMax });
});
