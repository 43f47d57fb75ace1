import { afterEach, beforeEach, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { LIMITS } from '../../domain/limits.ts';
import { CATEGORIES, CONFIDENTIALITIES, UNLABELLED, type Labels } from '../../domain/server.ts';
import { STANDING_LIMITS } from '../../domain/standing.ts';
import { covers, join as joined, LOST } from '../../flow/labels.ts';
import { openStore } from '../../store/open.ts';
import type { Store } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored } from '../stored.ts';
import type { ContextVisit } from './schema.ts';
import { visitContext } from './visit.ts';

const KEY = 'a'.repeat(32);
const PRIVATE: Labels = { confidentiality: 'confidential', categories: ['pii'], integrity: 'trusted' };
const STRANGE: Labels = { confidentiality: 'public', categories: [], integrity: 'untrusted' };
const IDLE_MS = STANDING_LIMITS.contextIdleMs;

let folder: string;
let stores: readonly [Store, Store];
let at: number;
let ends: unknown[];
beforeEach(async () => {
  folder = mkdtempSync('/tmp/sp-contexts-');
  const url = `sqlite:${join(folder, 'store.db')}`;
  stores = [await openStore(url), await openStore(url)];
  at = 1_700_000_000_000;
  ends = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const control = (store: Store = stores[0]): Pick<Control, 'store' | 'record' | 'now'> => ({
  store, now: () => at, record: async ({ event, detail }) => void ends.push({ event, detail }),
});

const visited = (change: Partial<ContextVisit> = {}, store?: Store): ReturnType<typeof visitContext> => visitContext(control(store), {
  space: 'default', key: KEY, principal: 'https://idp.example|ann', agent: 'desk', actors: [], add: UNLABELLED, ...change,
});

test('what it carries joins and never falls, whichever control is asked', async () => {
  expect(await visited()).toEqual({ generation: 1, labels: UNLABELLED });
  expect((await visited({ add: PRIVATE })).labels).toEqual(PRIVATE);
  expect((await visited({ add: STRANGE }, stores[1])).labels).toEqual({ ...PRIVATE, integrity: 'untrusted' });
  expect((await visited({ knew: 1 })).labels).toEqual({ ...PRIVATE, integrity: 'untrusted' });
  expect(ends).toEqual([]);
});

test('of labels that are added at the same moment none is lost', async () => {
  const labels = fc.record({
    confidentiality: fc.constantFrom(...CONFIDENTIALITIES), categories: fc.subarray([...CATEGORIES]), integrity: fc.constantFrom('trusted', 'untrusted'),
  });
  let key = 0;
  await fc.assert(fc.asyncProperty(fc.array(labels, { minLength: 1, maxLength: 8 }), async (all) => {
    const of = { key: String((key += 1)).padStart(32, '0') };
    const answers = await Promise.all(all.map((add, n) => visited({ ...of, add }, stores[n % 2 === 0 ? 0 : 1])));
    for (const [n, answer] of answers.entries()) expect(covers(answer.labels, all[n] ?? LOST)).toBeTrue();
    expect((await visited(of)).labels).toEqual(all.reduce<Labels>(joined, UNLABELLED));
  }), { numRuns: 20 });
});

test('what is carried already writes nothing', async () => {
  await visited({ add: PRIVATE });
  const before = (await stores[0].get('context', 'default', KEY))?.version;
  at += 60_000;
  for (let n = 0; n < 5; n++) await visited({ add: PRIVATE, knew: 1 });
  expect((await stores[0].get('context', 'default', KEY))?.version).toBe(before ?? -1);
});

test('it ends when nobody used it for long enough, on record; used now and then it does not', async () => {
  await visited({ add: PRIVATE });
  for (let n = 0; n < 4; n++) {
    at += IDLE_MS / 2;
    expect((await visited({ knew: 1 })).labels).toEqual(PRIVATE);
  }
  at += IDLE_MS + 1;
  expect(await visited({ knew: 1 })).toEqual({ generation: 2, labels: UNLABELLED });
  expect(ends).toEqual([{ event: 'context.ended', detail: expect.objectContaining({ context: KEY, why: 'idle', generation: 2 }) }]);
});

test('a new sign-in ends it once; an earlier one that goes on beside it does not, and washes nothing', async () => {
  expect((await visited({ grant: 'one', add: PRIVATE })).generation).toBe(1);
  expect(await visited({ grant: 'two' })).toEqual({ generation: 2, labels: UNLABELLED });
  expect((await visited({ grant: 'one', add: PRIVATE })).generation).toBe(2);
  expect(await visited({ grant: 'two' })).toEqual({ generation: 2, labels: PRIVATE });
  expect(await visited({ grant: 'one' })).toEqual({ generation: 2, labels: PRIVATE });
  expect(ends).toMatchObject([{ detail: { why: 'sign-in' } }]);
  expect(JSON.stringify((await findStored(stores[0], 'context', 'default', KEY))?.body)).not.toContain('two');
});

test('one that is lost begins again as the worst of everything', async () => {
  const { generation } = await visited({ add: STRANGE });
  await stores[0].delete('context', 'default', KEY, { by: 'a mishap' });
  expect(await visited({ knew: generation })).toEqual({ generation: generation + 1, labels: LOST });
  expect(ends).toMatchObject([{ detail: { why: 'lost' } }]);
});

const keyed = (n: number): Partial<ContextVisit> => ({ key: n.toString(16).padStart(32, '0') });

test('an agent that splits its context has an end of it, and what idled away makes room', async () => {
  for (let n = 0; n < LIMITS.contextsPerCallerMax; n++) await visited(keyed(n));
  expect(await codeOf(visited(keyed(9_999)))).toBe('ERR_LIMIT_CONTEXTS');
  await visited({ ...keyed(10_000), agent: 'other' });
  at += IDLE_MS + 1;
  expect((await visited(keyed(9_999))).generation).toBe(1);
}, 30_000);
