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
import { findStored, putStored } from '../stored.ts';
import type { ContextVisit } from './schema.ts';
import { createPresence, type Presence } from './presence.ts';
import { afterReset, visitContext } from './visit.ts';

const [A, B] = ['aaaaaaaa-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000'] as const;
const KEY = 'a'.repeat(32);
const PRIVATE: Labels = { confidentiality: 'confidential', categories: ['pii'], integrity: 'trusted' };
const STRANGE: Labels = { confidentiality: 'public', categories: [], integrity: 'untrusted' };
const IDLE_MS = STANDING_LIMITS.contextIdleMs;

let folder: string;
let stores: readonly [Store, Store];
let at: number;
let presence: Presence;
let ends: unknown[];
beforeEach(async () => {
  folder = mkdtempSync('/tmp/sp-contexts-');
  const url = `sqlite:${join(folder, 'store.db')}`;
  stores = [await openStore(url), await openStore(url)];
  at = 1_700_000_000_000;
  ends = [];
  presence = createPresence(0, { steady: () => at, wall: () => at });
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const control = (store: Store = stores[0]): Pick<Control, 'store' | 'record' | 'now' | 'presence'> => ({
  presence,
  store, now: () => at, record: async ({ event, detail }) => void ends.push({ event, detail }),
});

const visited = (change: Partial<ContextVisit> = {}, store?: Store): ReturnType<typeof visitContext> => visitContext(control(store), {
  space: 'default', key: KEY, principal: 'https://idp.example|ann', agent: 'desk', actors: [], add: UNLABELLED, asks: false, gateway: A, ...change,
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

/** A gateway says that it has nothing that control does not know of. */
async function signs(gateway: string): Promise<void> {
  const token = await presence.sign(stores[0], { gateway });
  await presence.sign(stores[0], { gateway, token });
}

test('nobody vouches for a context while a gateway that has seen it may have more to tell', async () => {
  await visited();
  const asked = { gateway: B, asks: true } as const;
  expect(await codeOf(visited(asked))).toBe('ERR_FLOW_UNKNOWN');
  // What is only added needs nobody's word, and the gateway itself knows what it gave out.
  expect((await visited({ gateway: B, add: PRIVATE })).labels).toEqual(PRIVATE);
  await signs(B);
  expect((await visited({ asks: true })).labels).toEqual(PRIVATE);
  await signs(A);
  expect((await visited(asked)).labels).toEqual(PRIVATE);
  at += LIMITS.flowVouchMs;
  expect(await codeOf(visited(asked))).toBe('ERR_FLOW_UNKNOWN');
  // A token that is brought back late counts from when it was given; one that was not the last counts for nothing.
  const old = await presence.sign(stores[0], { gateway: A });
  at += LIMITS.flowVouchMs;
  const token = await presence.sign(stores[0], { gateway: A, token: old });
  expect(await codeOf(visited(asked))).toBe('ERR_FLOW_UNKNOWN');
  await presence.sign(stores[0], { gateway: A, token: old });
  expect(await codeOf(visited(asked))).toBe('ERR_FLOW_UNKNOWN');
  await presence.sign(stores[0], { gateway: A, token });
  expect(await codeOf(visited(asked))).toBe('ERR_FLOW_UNKNOWN');
  await presence.sign(stores[0], { gateway: A, leaves: true });
  expect((await visited(asked)).labels).toEqual(PRIVATE);
  expect(ends).toEqual([]);
});

test('another control process knows of nobody until they are heard', async () => {
  await visited();
  await signs(A);
  presence = createPresence(60_000, { steady: () => at, wall: () => at });
  expect(await codeOf(visited({ gateway: B, asks: true }))).toBe('ERR_FLOW_UNKNOWN');
  await signs(A);
  expect((await visited({ gateway: B, asks: true })).labels).toEqual(UNLABELLED);
});

test('a gateway that is gone takes what it saw with it: the worst is supposed, once', async () => {
  const ask = (gateway: string): Promise<unknown> => visited({ gateway, asks: true }).then(({ labels }) => labels, () => 'refused');
  const unfollow = presence.follows(A);
  await visited();
  presence.leased(A, at + 60_000);
  at += 600_000;
  expect(await ask(B)).toBe('refused');
  unfollow();
  expect(await ask(B)).toEqual(LOST);
  expect(ends).toEqual([{ event: 'context.ended', detail: expect.objectContaining({ why: 'lost', generation: 2 }) }]);
  expect(await ask(B)).toEqual(LOST);
  // Somebody answers for it, and that holds: who is gone gave out nothing since.
  const { body } = await findStored(stores[0], 'context', 'default', KEY) ?? {};
  if (body === undefined) throw new Error('there is no context');
  await putStored(stores[0], 'context', 'default', KEY, afterReset(body, at), 'tests');
  expect(await ask(B)).toEqual(UNLABELLED);
  expect(ends).toHaveLength(1);
  // Unless it comes back, and goes again.
  await visited();
  presence.leased(A, at + 60_000);
  expect(await ask(B)).toBe('refused');
  at += 600_000;
  expect(await ask(B)).toEqual(LOST);
});

test('a gateway that said goodbye and came back is known again, before it is heard, and is gone when it goes without one', async () => {
  const ask = (): Promise<unknown> => visited({ gateway: B, asks: true }).then(({ labels }) => labels, () => 'refused');
  const unfollow = presence.follows(A);
  await visited();
  await presence.sign(stores[0], { gateway: A, leaves: true });
  unfollow();
  expect(await ask()).toEqual(UNLABELLED);
  const follows = presence.follows(A);
  presence.leased(A, at + 60_000);
  await visited();
  expect(await ask()).toBe('refused');
  follows();
  at += 600_000;
  expect(await ask()).toEqual(LOST);
});

test('what is told of another life of a context leaves gaps in this one', async () => {
  const recall = { after: 0, entries: [] } as const;
  await visited({ recall: { ...recall, generation: 1 } });
  expect((await visited({ late: true, recall: { ...recall, generation: 1 } })).recall?.gaps).toBe(false);
  expect((await visited({ late: true, recall: { ...recall, generation: 7 } })).recall?.gaps).toBe(true);
});

test('a context that idled is not forgotten before everybody who may have more of it was heard', async () => {
  await visited();
  at += IDLE_MS + 1;
  presence.leased(A, at + 60_000);
  await visited({ key: 'b'.repeat(32), gateway: B });
  expect(await findStored(stores[0], 'context', 'default', KEY)).toBeDefined();
  await signs(A);
  await visited({ key: 'c'.repeat(32), gateway: B });
  expect(await findStored(stores[0], 'context', 'default', KEY)).toBeUndefined();
});
