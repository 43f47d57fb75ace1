import { afterAll, beforeAll, expect, test } from 'bun:test';
import { text } from '../../cli/json-view.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { hashPassword } from '../accounts/password.ts';
import { Browser, PASSWORD } from '../admins/fixture-browser.ts';
import type { LedgerEntry } from '../audit/reader.ts';
import { openIssuerFixture } from '../issuer/fixture-issuer.ts';
import type { IssuerFixture } from '../issuer/fixture-issuer.ts';
import type { Live } from './answer.ts';
import { createLiveHub } from './hub.ts';
import { tellLive } from './stream.ts';

let fixture: IssuerFixture;
const people = new Map<string, string>();

beforeAll(async () => {
  fixture = await openIssuerFixture();
  const passwordHash = await hashPassword(PASSWORD, ['ann', 'bob']);
  for (const [name, role] of [['ann', 'analyst'], ['bob', 'approver'], ['cyd', 'auditor']] as const) {
    people.set(name, text((await fixture.api('POST', '/accounts', { userName: name, groups: [role], passwordHash }))['person']));
    await fixture.api('POST', '/admins', { to: { group: role }, role, space: '*' });
  }
});
afterAll(() => fixture.stop());

async function signedIn(name: string): Promise<Browser> {
  const browser = new Browser(fixture.origin, name);
  await browser.signIn();
  return browser;
}

interface Told {
  readonly event: string;
  readonly data: JsonObject;
}

/** One live view over its socket. */
interface View {
  readonly status: number;
  readonly type: string;
  /** What comes, up to the first that fits; throws when the stream ends before. */
  until(fits: (told: Told) => boolean): Promise<readonly Told[]>;
  leave(): void;
}

async function look(browser: Browser): Promise<View> {
  const gone = new AbortController();
  const response = await fetch(`${fixture.origin}/api/v1/live`, { headers: { cookie: browser.cookie }, signal: gone.signal });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let waiting = '';
  return {
    status: response.status, type: response.headers.get('content-type') ?? '', leave: () => gone.abort(),
    async until(fits) {
      const seen: Told[] = [];
      while (!seen.some(fits)) {
        const next = await reader?.read();
        if (next?.value === undefined) throw new Error(`it ended after ${JSON.stringify(seen)}`);
        const blocks = (waiting + decoder.decode(next.value, { stream: true })).split('\n\n');
        waiting = blocks.pop() ?? '';
        for (const block of blocks) {
          const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
          const value: Json = JSON.parse(data);
          seen.push({ event, data: isObject(value) ? value : {} });
        }
      }
      return seen;
    },
  };
}

const is = (event: string) => (told: Told): boolean => told.event === event;
const names = (topic: string) => ({ event, data }: Told): boolean => event === 'changed' && JSON.stringify(data['topics']).includes(`"${topic}"`);
const shows = (event: string) => (told: Told): boolean => told.event === 'records' && JSON.stringify(told.data).includes(`"event":"${event}"`);

async function change(name: string): Promise<void> {
  await fixture.api('PUT', `/toolsets/${name}`, { members: [] });
}

test('says as whom, then what changes and each record, people under pseudonyms', async () => {
  const ann = await signedIn('ann');
  const view = await look(ann);
  expect([view.status, view.type]).toEqual([200, 'text/event-stream']);
  const [hello] = await view.until(is('hello'));
  expect(hello?.data).toMatchObject({ id: `${fixture.origin}|${people.get('ann') ?? ''}`, space: 'default', roles: ['analyst'], records: true });
  // Somebody else, whose name is in the record of it.
  await signedIn('cyd');
  const seen = await view.until(shows('session.opened'));
  expect(JSON.stringify(seen)).not.toContain(people.get('cyd') ?? 'nobody');
  expect(JSON.stringify(seen)).toMatch(/"principal":"p_[0-9a-f]{20}"/);
  await change('live');
  await view.until(names('*'));
  // What is on record is done a moment later: it is said once more.
  await view.until(names('*'));
  view.leave();
});

test('who is no auditor learns that something changed, and no record of what', async () => {
  const [bob, ann] = [await look(await signedIn('bob')), await look(await signedIn('ann'))];
  expect((await bob.until(is('hello')))[0]?.data).toMatchObject({ roles: ['approver'], records: false });
  await change('unseen');
  await ann.until(shows('config.changed'));
  const told = [...await bob.until(names('*')), ...await bob.until(names('*'))];
  expect(told.some(is('records'))).toBe(false);
  bob.leave();
  ann.leave();
});

test('ends with the session, and with the role, and says why', async () => {
  const leaver = await signedIn('cyd');
  const left = await look(leaver);
  await left.until(is('hello'));
  await leaver.visit('/sign-in/console/out', { form: await leaver.formOf('/sign-in/console') });
  expect((await left.until(is('over'))).at(-1)?.data).toMatchObject({ code: 'ERR_ADMIN_TOKEN' });

  const demoted = await look(await signedIn('cyd'));
  await demoted.until(is('hello'));
  const more = text((await fixture.api('POST', '/admins', { to: { group: 'auditor' }, role: 'approver', space: '*' }))['id']);
  expect((await demoted.until(is('over'))).at(-1)?.data).toMatchObject({ code: 'ERR_CONFLICT' });
  await fixture.api('DELETE', `/admins/${encodeURIComponent(more)}`);

  const out = await look(await signedIn('cyd'));
  await out.until(is('hello'));
  await fixture.api('POST', `/people/${people.get('cyd') ?? ''}/deactivate`);
  expect((await out.until(is('over'))).at(-1)?.data).toMatchObject({ code: 'ERR_ADMIN_TOKEN' });
});

test('is for who may read, from a page of ours, and only so often at once', async () => {
  const nobody = new Browser(fixture.origin, 'ann');
  expect((await look(nobody)).status).toBe(401);
  const ann = await signedIn('ann');
  const forged = await fetch(`${fixture.origin}/api/v1/live`, { headers: { cookie: ann.cookie, 'sec-fetch-site': 'cross-site' } });
  expect(forged.status).toBe(403);
  const views = await Promise.all(Array.from({ length: LIMITS.livePersonStreamsMax }, () => look(ann)));
  await Promise.all(views.map((view) => view.until(is('hello'))));
  const refused = await ann.api('GET', '/live');
  expect(refused).toMatchObject({ status: 503, body: { code: 'ERR_BUSY' } });
  views[0]?.leave();
  let again = await look(ann);
  while (again.status === 503) again = await look(ann);
  expect(again.status).toBe(200);
  for (const view of [again, ...views]) view.leave();
});

test('what a page asks by itself does not keep its session open', async () => {
  const { state } = fixture.role.control;
  const ann = await signedIn('ann');
  const key = `admin-session/${new Bun.CryptoHasher('sha256').update(ann.cookies.get('sallyport') ?? '').digest('base64url')}`;
  const kept: { seenAt: number } = JSON.parse(await state.get(key) ?? '{}');
  const before = kept.seenAt - 120_000;
  await state.set(key, JSON.stringify({ ...kept, seenAt: before }), 600_000);
  const seenAt = async (): Promise<number> => {
    const session: { seenAt: number } = JSON.parse(await state.get(key) ?? '{}');
    return session.seenAt;
  };
  expect((await ann.api('GET', '/me', { 'x-sallyport-idle': '1' })).status).toBe(200);
  expect(await seenAt()).toBe(before);
  expect((await ann.api('GET', '/me')).status).toBe(200);
  expect(await seenAt()).toBeGreaterThan(before);
});

test('of a flood a bounded part waits for who is slow, and what is left out is counted', async () => {
  const { promise: flooded, resolve } = Promise.withResolvers<void>();
  async function* tail(signal: AbortSignal): AsyncGenerator<LedgerEntry> {
    const record = { event: 'call.permitted', space: 'default', reason: 'x'.repeat(5_000) };
    for (let position = 0; position < 1_000; position += 1) yield { position, record };
    resolve();
    await new Promise((stop) => {
      signal.addEventListener('abort', stop);
    });
  }
  const gone = new AbortController();
  const told = tellLive(createLiveHub({ tail }), { id: 'a', space: 'default', roles: [], view: () => (record) => record, signal: gone.signal, now: Date.now });
  expect((await told.next()).value).toMatchObject({ event: 'hello' });
  await flooded;
  const events: Live[] = [];
  for await (const one of told) {
    events.push(one);
    if (one.event === 'records') gone.abort();
  }
  const records = events.find((one) => one.event === 'records');
  expect(records?.data.records).toHaveLength(LIMITS.liveRecordsMax);
  expect(records?.data.dropped).toBe(1_000 - LIMITS.liveRecordsMax);
  expect(records?.data.records[0]?.reason).toHaveLength(LIMITS.liveTextCharsMax);
  expect(events.at(-1)?.event).toBe('over');
});
