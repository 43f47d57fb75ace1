import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { goodDisclosure } from '../../test/fixtures/good-vendor.ts';
import { runCli } from '../../test/fixtures/in-process-cli.ts';
import type { Outcome } from '../../test/fixtures/spawned-cli.ts';
import { openControl, type ControlFixture } from '../control/fixture-control.ts';

let fixture: ControlFixture;
let folder: string;
beforeAll(async () => {
  fixture = await openControl();
  folder = mkdtempSync(join(tmpdir(), 'vendor-'));
  writeFileSync(join(folder, 'acme.yaml'), stringify(goodDisclosure(Date.now())));
  writeFileSync(join(folder, 'wrong.csv'), 'question,value,date,expires\npkce,S512,2026-11-01,2027-11-01\n');
});
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true });
});

const vendor = (...args: readonly string[]): Promise<Outcome> => runCli(['vendor', ...args], { folder, home: fixture.home });

test('a vendor is declared, answers by a file, and is reported on; what is wrong is told with its place', async () => {
  const added = await vendor('add', 'acme', '--name', 'Acme \u202E', '--owner', 'o', '--purpose', 'p', '--url', 'https://mcp.acme.example/mcp',
    '--confidentiality', 'internal');
  expect([added.code, added.err]).toEqual([1, expect.stringContaining('body.name: must be visible text')]);
  expect((await vendor('add', 'acme', '--name', 'Acme', '--owner', 'o', '--purpose', 'p', '--url', 'https://mcp.acme.example/mcp',
    '--confidentiality', 'internal', '--incident', 'soc@acme.example', '--limit', '60/min')).out).toContain('sallyport vendor link acme');
  expect((await vendor('list')).out).toMatch(/acme[^\n]*standard[^\n]*0 F[^\n]*none: it has disclosed/);
  const wrong = await vendor('disclose', 'acme', 'wrong.csv');
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/ERR_CONFIG_INVALID.*wrong\.csv:2:1: value/s)]);
  expect((await vendor('disclose', 'acme', 'acme.yaml')).out).toMatch(/^\d+ answers are in force\.\n$/);
  const { out } = await vendor('show', 'acme');
  expect(out).toContain('89 of 100, grade B');
  expect(out).toContain('Every input');
  await vendor('report', 'acme', '--format', 'json', '--out', 'acme.json');
  expect((await vendor('recompute', 'acme.json')).out).toBe('89 of 100, grade B: as the report says.\n');
  expect((await vendor('report', 'acme', '--format', 'html', '--out', 'acme.html')).out).toBe('Written to acme.html.\n');
  expect(readFileSync(join(folder, 'acme.html'), 'utf8')).toStartWith('<!doctype html>');
}, 60_000);

test('the schema that vendors fill in is the one that is published', async () => {
  const { out } = await vendor('schema');
  const published: unknown = JSON.parse(readFileSync(join(import.meta.dir, '../../docs/vendor-disclosure.schema.json'), 'utf8'));
  expect(JSON.parse(out)).toEqual(published);
}, 60_000);
