import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openControl } from '../../control/fixture-control.ts';
import type { ControlFixture } from '../../control/fixture-control.ts';
import { runCli } from '../../../test/fixtures/in-process-cli.ts';
import type { Outcome } from '../../../test/fixtures/spawned-cli.ts';
import { part, text } from '../json-view.ts';

const folder = mkdtempSync('/tmp/sp-playbook-');
let fixture: ControlFixture;

beforeAll(async () => {
  fixture = await openControl();
});
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true });
});

const playbook = (...args: readonly string[]): Promise<Outcome> => runCli(['incident', 'playbook', ...args], { folder, home: fixture.home });

test('a playbook is listed, shown, exported, verified without control, changed, refused, signed anew and taken in', async () => {
  const listed = await playbook('list');
  expect([listed.code, listed.out]).toEqual([0, expect.stringContaining('prompt-injection')]);
  const shown = await playbook('show', 'vendor-breach');
  expect([shown.code, shown.out]).toEqual([0, expect.stringMatching(/GDPR, articles 33 and 34[^]*72/)]);
  const file = join(folder, 'ours.json');
  expect((await playbook('export', 'runaway', '--out', file)).code).toBe(0);
  expect((await playbook('export', 'runaway', '--out', file)).err).toContain('ERR_USAGE');
  const verified = await playbook('verify', file, '--json');
  const key = text(part(JSON.parse(verified.out), 'signatures', '0') ?? part(JSON.parse(verified.out), 'good'));
  expect([verified.code, key]).toEqual([0, 'true']);
  expect((await playbook('verify', file, '--key', '0'.repeat(64))).code).toBe(1);
  const changed = readFileSync(file, 'utf8').replaceAll('Stop the agent', 'Stop that agent');
  writeFileSync(file, changed);
  expect(await playbook('verify', file)).toMatchObject({ code: 1, out: expect.stringContaining('the playbook is not what was signed') });
  expect((await playbook('import', file, '--reason', 'ours')).err).toContain('ERR_PLAYBOOK_SIGNATURE');
  const { signatures: _, ...unsigned } = JSON.parse(changed);
  writeFileSync(file, JSON.stringify({ ...unsigned, modified: '2026-12-24T00:00:00.000Z' }));
  expect(await playbook('import', file, '--reason', 'ours')).toMatchObject({ code: 0, out: expect.stringContaining('was taken in and signed') });
  const switching = { 'switch-condition--00000000-0000-4000-8000-000000000000': { type: 'switch-condition' } };
  writeFileSync(file, JSON.stringify({ ...unsigned, workflow: { ...unsigned.workflow, ...switching } }));
  expect((await playbook('import', file, '--reason', 'ours')).err).toContain('switch-condition steps are not run here');
  expect((await playbook('remove', 'runaway')).code).toBe(0);
}, 60_000);

test('a run is followed until it waits, told what to type, driven, and cancelled with the way back', async () => {
  const { body: { id = '' } } = await fixture.api('POST', '/incidents', {
    kind: 'runaway', title: 'A loop', severity: 'high', reason: 'seen', subjects: { agent: ['bot'] },
  });
  const run = await playbook('run', 'runaway', '--incident', text(id), '--mode', 'automatic', '--reason', 'a loop');
  expect([run.code, run.err]).toEqual([0, expect.stringContaining('Stop the agent: done')]);
  const rehearsed = await playbook('run', 'runaway', '--incident', text(id), '--mode', 'dry', '--reason', 'a rehearsal');
  expect(rehearsed.out).toMatch(/Stop the agent +│ Sallyport control +│ would be kill bot/);
  expect(rehearsed.out).toMatch(/Is it real\? +│ [^│]+│ a person would be asked/);
  const typed = /sallyport incident playbook step (\S+) (\d+) done --answer confirmed=true\|false/.exec(run.out);
  expect(typed).not.toBeNull();
  const [, runId = '', n = ''] = typed ?? [];
  expect((await playbook('step', runId, n, 'done')).err).toContain('confirmed was not answered');
  expect((await playbook('step', runId, n, 'done', '--answer', 'confirmed=true')).out).toContain('How far did it go?');
  expect((await playbook('list', '--runs')).out).toContain(runId);
  const cancelled = await playbook('step', runId, '--cancel', '--reason', 'a person does it');
  expect([cancelled.code, cancelled.out]).toEqual([0, expect.stringMatching(/sallyport incident lift \S+ --reason WHY/)]);
  expect((await playbook('show', runId, '--json')).out).toContain('"state": "cancelled"');
  expect((await playbook('run', 'no-such', '--incident', text(id), '--reason', 'x')).err).toContain('ERR_NOT_FOUND');
}, 60_000);
