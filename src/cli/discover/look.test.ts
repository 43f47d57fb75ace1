import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { openControl } from '../../control/fixture-control.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Looked, Observation, Unseen } from '../../domain/observation.ts';
import { objects, text } from '../json-view.ts';
import { callOf } from '../verbs.ts';
import { adopt } from './adopt.ts';
import { inventory } from './inventory.ts';
import { look, LOOK_OPTIONS } from './look.ts';

const fixture = await openControl();
const nowhere = mkdtempSync('/tmp/sp-look-');
afterAll(async () => {
  await fixture.close();
  rmSync(nowhere, { recursive: true });
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

interface Run {
  readonly args?: readonly string[];
  readonly home?: string;
  readonly whole?: readonly ['process'];
}

function ioTo(said: { out: string; notes: string }): Parameters<typeof callOf>[3] {
  return {
    env: {}, cwd: '/', interactive: false, signal: AbortSignal.timeout(20_000), confirm: async () => false,
    out: (line) => void (said.out += line), note: (line) => void (said.notes += `${line}\n`),
  };
}

async function looking(items: readonly (Observation | Unseen)[], { args = [], home = fixture.home, whole }: Run = {}): Promise<Said> {
  const said = { out: '', notes: '' };
  const call = callOf({ usage: '' }, ['--home', home, ...args], LOOK_OPTIONS, ioTo(said));
  const code = await look(call, 'looking', yielding(items), whole === undefined ? {} : { whole });
  return { code, ...said };
}

async function* yielding(items: readonly (Observation | Unseen)[]): Looked {
  yield* items;
}

async function shown(...args: readonly string[]): Promise<JsonObject> {
  const said = { out: '', notes: '' };
  await inventory.run(callOf({ usage: '' }, ['--home', fixture.home, ...args, '--json'], inventory.options, ioTo(said)));
  return JSON.parse(said.out);
}

function server(name: string): Observation {
  return {
    sensor: 'process', kind: 'server', host: hostname(), place: `pid ${name}`, keys: [`program:${hostname()}!/opt/${name}`], name, confidence: 80,
    risks: ['wide-bind'], facts: {}, seenAt: Date.now(),
  };
}

test('without a gate a look is put together by itself, says that nobody compared it, and keeps nothing', async () => {
  const { code, out, notes } = await looking([server('a\u001b[2J'), { place: '/root', reason: 'only root may read it' }], { home: nowhere });
  expect(code).toBe(4);
  expect(out).toContain('wide-bind');
  expect(out).not.toContain('\u001b');
  expect(out).not.toContain('rogue');
  expect(notes).toContain('not seen: /root: only root may read it');
  expect(notes).toContain('No gate was asked');
  expect(await codeOf(looking([], { home: nowhere, args: ['--changes'] }))).toBe('ERR_USAGE');
});

test('a look that is over is shown, whatever becomes of it at the gate', async () => {
  const down = join(nowhere, 'down');
  mkdirSync(join(down, 'control'), { recursive: true });
  writeFileSync(join(down, 'control', 'admin.token'), 'x');
  const { code, out, notes } = await looking([server('x')], { home: down });
  expect([code, out.includes('/opt/x')]).toEqual([0, true]);
  expect(notes).toContain('The gate does not run');
  const refused = await looking([{ ...server('x'), keys: ['gate:crm', 'package:npm/x'] }]);
  expect([refused.code, refused.out.includes('package:npm/x') || refused.out.includes('gate:crm')]).toEqual([1, true]);
  expect(refused.notes).toContain('ERR_REQUEST_INVALID');
});

test('with a gate its inventory gets it, and says how each stands', async () => {
  const { code, out } = await looking([server('x')], { args: ['--json', '--fail-on', 'high'] });
  expect(code).toBe(3);
  expect(objects(JSON.parse(out).assets)).toMatchObject([{ name: 'x', status: 'rogue', why: ['nobody registered it'] }]);
  expect(objects((await shown('--kind', 'server'))['assets'])).toMatchObject([{ name: 'x', status: 'rogue' }]);
});

test('only what changed is shown, and what a whole look does not see again is gone', async () => {
  expect((await looking([server('x'), server('y')], { args: ['--changes'] })).out).toMatch(/y[^]*not there[^]*rogue/);
  expect((await looking([server('x'), server('y')], { args: ['--changes'] })).out).toBe('Nothing changed.\n');
  const whole = { args: ['--changes', '--json'], whole: ['process'] } as const;
  const unseen = { place: 'pid y', reason: 'it may not be read' };
  expect(JSON.parse((await looking([server('x'), unseen], whole)).out).changes).toEqual([]);
  expect(JSON.parse((await looking([server('x')], whole)).out).changes).toMatchObject([{ was: 'rogue (wide-bind)', is: 'stale', asset: { name: 'y' } }]);
});

test('what no client of this host starts is not adopted, and what can be done instead is said', async () => {
  const [asset] = objects((await shown('--kind', 'server'))['assets']);
  const call = callOf({ usage: '' }, [text(asset?.['id']), '--owner', 'me', '--home', fixture.home], adopt.options, ioTo({ out: '', notes: '' }));
  expect(await codeOf(adopt.run(call))).toBe('ERR_NOT_FOUND');
});

test('what is not to be told is not told', async () => {
  await looking([server('z')], { args: ['--no-report'] });
  const names = objects((await shown('--kind', 'server'))['assets']).map(({ name }) => text(name));
  expect(new Set(names)).toEqual(new Set(['x', 'y']));
});

test('more than one report may hold goes in several', async () => {
  const many = Array.from({ length: 1_001 }, (_, at) => ({ ...server(`m${at}`), keys: ['program:big!/opt/m', `listener:big!127.0.0.1:${at}`] }));
  await looking(many);
  const all = objects((await shown())['assets']).filter(({ name }) => text(name).startsWith('m'));
  expect(all).toHaveLength(1);
  expect(objects((await shown(text(all[0]?.['id'])))['evidence'])).toHaveLength(1_001);
});
