import { afterAll, beforeAll, expect, test } from 'bun:test';
import { verifies } from '../e2e/requirements.ts';
import { findingsOf } from './kill-findings.ts';
import type { Aftermath } from './kills.ts';
import { startFleet, type Far, type Fleet, type TimedAttempt } from './partitions.ts';

/*
 * Four roles on three machines, joined by mutual TLS, under load all the time. Each role is killed, paused, cut off and started
 * anew; at the end what clients saw, what had effect and what the ledger holds are compared.
 */
const LEASE_SECONDS = 2;
/** Long enough for some calls, shorter than the lease. */
const SHORT_MS = 900;
const ENDS_MS = 20_000;

type Fault = 'killed' | 'paused' | 'cut off';
const FAULTS: readonly Fault[] = ['killed', 'paused', 'cut off'];

let fleet: Fleet;
let after: Aftermath | undefined;

beforeAll(async () => {
  fleet = await startFleet(LEASE_SECONDS);
  await untilAnswered('remote', 'local');
}, 60_000);

afterAll(async () => {
  after ??= await fleet.end();
  after.remove();
}, 60_000);

async function untilAnswered(...servers: readonly string[]): Promise<void> {
  const since = Date.now();
  const isBack = (server: string): boolean => within(since).some((attempt) => attempt.server === server && attempt.answer?.result !== undefined);
  while (!servers.every(isBack)) await Bun.sleep(20);
}

/** Attempts that were made from then on. */
function within(since: number): readonly TimedAttempt[] {
  return fleet.attempts.filter(({ from }) => from >= since);
}

const answeredOf = (attempts: readonly TimedAttempt[], server?: string): readonly TimedAttempt[] =>
  attempts.filter((attempt) => attempt.answer?.result !== undefined && (server === undefined || attempt.server === server));

/** Calls that policy forbids are not told apart here. */
const codesOf = (attempts: readonly TimedAttempt[]): ReadonlySet<string | undefined> =>
  new Set(attempts.filter(({ tool }) => tool === 'charge').map(({ answer }) => answer?.code));

/** What is under way when a role goes may still end well: looked at is what begins a moment later. */
async function during(role: Far, fault: Fault, look: (since: number) => Promise<void>): Promise<void> {
  if (fault === 'killed') await fleet.kill(role);
  if (fault === 'paused') fleet.signal(role, 'SIGSTOP');
  if (fault === 'cut off') await fleet.part(role);
  try {
    await look(Date.now());
  } finally {
    if (fault === 'killed') await fleet.start(role);
    if (fault === 'paused') fleet.signal(role, 'SIGCONT');
    if (fault === 'cut off') await fleet.heal();
  }
}

test.each(FAULTS)(verifies('fleet-roles', 'the ledger is %s: no call is answered, and all is back with it'), async (fault) => {
  await during('ledger', fault, async (since) => {
    await Bun.sleep(SHORT_MS);
    // One that is silent may yet answer; of one that is gone it is said at once.
    const isSaid = (): boolean => fault !== 'killed' || codesOf(within(since)).has('ERR_JOURNAL_UNAVAILABLE');
    while (!isSaid()) await Bun.sleep(20);
    expect(answeredOf(within(since))).toEqual([]);
  });
  await untilAnswered('remote', 'local');
}, ENDS_MS * 2);

test.each(FAULTS)(verifies('fleet-roles', 'the runner is %s: only its servers are gone'), async (fault) => {
  await during('runner', fault, async (since) => {
    await untilAnswered('remote');
    await Bun.sleep(SHORT_MS);
    expect(answeredOf(within(since), 'local')).toEqual([]);
    expect(answeredOf(within(since), 'remote').length).toBeGreaterThan(0);
  });
  await untilAnswered('remote', 'local');
}, ENDS_MS * 2);

const WITHOUT_CONTROL = 'control is %s: gateways decide by the last snapshot until its lease ends, then deny';
test.each(FAULTS)(verifies('fleet-roles', WITHOUT_CONTROL), async (fault) => {
  await during('control', fault, async (since) => {
    // From its last renewal on, of which there are three in a lease.
    while (answeredOf(within(since)).length === 0) await Bun.sleep(20);
    if (fault === 'killed') expect(fleet.token().then(() => 'made', () => 'refused')).resolves.toBe('refused');
    while (!codesOf(within(since)).has('ERR_LEASE_EXPIRED')) await Bun.sleep(20);
    const from = Date.now();
    await Bun.sleep(SHORT_MS / 2);
    expect(answeredOf(within(from))).toEqual([]);
  });
  await untilAnswered('remote', 'local');
}, ENDS_MS * 2);

test.each(FAULTS)(verifies('fleet-roles', 'the gateway is %s: nothing gets past it, and it goes on where it was'), async (fault) => {
  await during('gateway', fault, async (since) => {
    await Bun.sleep(SHORT_MS);
    expect(answeredOf(within(since))).toEqual([]);
  });
  await untilAnswered('remote', 'local');
}, ENDS_MS * 2);

test('each role is stopped in order and started anew', async () => {
  for (const role of ['runner', 'control', 'ledger', 'gateway'] as const) {
    await fleet.restart(role);
    await untilAnswered('remote', 'local');
  }
}, ENDS_MS * 6);

test(verifies('fleet-roles', 'nothing is lost and nothing was let through: clients, effects and the ledger say the same'), async () => {
  after = await fleet.end();
  const answered = answeredOf(fleet.attempts).length;
  console.log(`partition: ${after.attempts.length} calls, ${answered} answered, ${after.effects.length} effects, ${after.journal.length} records`);
  expect(answered).toBeGreaterThan(100);
  expect(findingsOf(after)).toEqual([]);
}, 60_000);
