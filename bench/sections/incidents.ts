import type { JsonObject } from '../../src/domain/json.ts';
import type { JournalRecord } from '../../src/domain/record.ts';
import { createCorrelator } from '../../src/incident/correlate.ts';
import { INCIDENT_RULES } from '../../src/incident/rules.ts';
import { signalsOf } from '../../src/incident/signal.ts';
import { openControl } from '../../src/control/fixture-control.ts';
import type { ControlFixture } from '../../src/control/fixture-control.ts';
import { part, text } from '../../src/cli/json-view.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';

const PER_SECOND = 5_000;
const SECONDS = 6;
const TICK_MS = 50;
const CONTEXTS = 2_000;
const ATTACKS = 20;
const ALONE = 200_000;

/**
 * Findings as they come, 5,000 a second, through a real ledger into control; among them attacks, each of two records. An
 * incident must stand in the store within a second of the second one. The ledger and control are in this process.
 */
export async function measureIncidents(): Promise<Figure[]> {
  const alone = correlatorAlone();
  const fixture = await openControl();
  try {
    const { delays, cpu } = await attackUnderLoad(fixture);
    const slowest = Math.max(...delays);
    return [
      { section: 'incidents', name: 'CPU of reading and correlating one finding, alone', value: alone, unit: 'µs' },
      { section: 'incidents', name: 'CPU of one finding: writing it into the ledger, reading it back, correlating', value: cpu, unit: 'µs' },
      {
        section: 'incidents', name: `${PER_SECOND} findings a second for ${SECONDS} s: last needed one to its incident, p50 of ${delays.length}`,
        value: median(delays), unit: 'ms',
      },
      {
        section: 'incidents', name: 'last needed finding to its incident, the slowest', value: slowest, unit: 'ms', target: '≤ 1,000 ms',
        met: slowest <= 1_000,
      },
    ];
  } finally {
    await fixture.close();
  }
}

function correlatorAlone(): number {
  const correlator = createCorrelator(INCIDENT_RULES);
  const records = Array.from({ length: ALONE }, (_, at): JsonObject =>
    JSON.parse(JSON.stringify(at % 1_000 === 0 ? recordOf('call.denied', `context-${at}`, { policies: ['default/uncleared-sink'] }) : noise(at))));
  const before = process.cpuUsage();
  let found = 0;
  for (const [position, record] of records.entries()) {
    for (const signal of signalsOf(record)) found += correlator.take({ position, signal }, Date.now()).length;
  }
  const { user, system } = process.cpuUsage(before);
  if (found === 0) throw new Error('nothing was correlated');
  return (user + system) / ALONE;
}

async function attackUnderLoad({ ledger, role }: ControlFixture): Promise<{ readonly delays: readonly number[]; readonly cpu: number }> {
  const opened = watchOpened(role);
  const appendedAt = new Map<string, number>();
  const perTick = (PER_SECOND * TICK_MS) / 1_000;
  const ticks = (SECONDS * 1_000) / TICK_MS;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  for (let tick = 0; tick < ticks; tick += 1) {
    const records = Array.from({ length: perTick }, (_, at) => noise(tick * perTick + at));
    // The last tick attacks, too: whatever has piled up by then is in its delay.
    const attack = (tick + 1) % Math.floor(ticks / ATTACKS) === 0 ? attackOf(tick) : undefined;
    await ledger.ledger.append(attack === undefined ? records : [attack.read, ...records, attack.act]);
    if (attack !== undefined) appendedAt.set(attack.context, performance.now());
    await Bun.sleep(Math.max(0, startedAt + (tick + 1) * TICK_MS - performance.now()));
  }
  const seen = await opened.until(appendedAt.size);
  const delays = [...appendedAt].map(([context, at]) => Math.max(0, (seen.get(context) ?? Number.POSITIVE_INFINITY) - at));
  const { user, system } = process.cpuUsage(before);
  return { delays, cpu: (user + system) / (PER_SECOND * SECONDS) };
}

/** When the store first shows an incident of each context. */
function watchOpened({ control }: ControlFixture['role']): { until(count: number): Promise<ReadonlyMap<string, number>> } {
  const seen = new Map<string, number>();
  const look = async (): Promise<void> => {
    for (const { body } of await control.store.list('incident', 'default')) {
      const context = text(part(body, 'subjects', 'context'));
      if (context.startsWith('attack') && part(body, 'kind') === 'prompt-injection' && !seen.has(context)) seen.set(context, performance.now());
    }
  };
  const timer = setInterval(() => void look(), 25);
  return {
    async until(count) {
      for (const stop = Date.now() + 30_000; seen.size < count;) {
        if (Date.now() > stop) throw new Error(`${seen.size} of ${count} attacks became incidents`);
        await Bun.sleep(25);
      }
      clearInterval(timer);
      return seen;
    },
  };
}

function recordOf(event: JournalRecord['event'], context: string, more: Partial<JournalRecord>): JournalRecord {
  const id = Bun.randomUUIDv7();
  return {
    id, at: Date.now(), category: 'access', event, node: 'bench', space: 'default', exchange: id, principal: 'https://idp.example|ann', principalKind: 'person',
    agent: 'bot', context, server: 'crm', tool: 'search', ...more,
  };
}

/** What detectors say all day: much of it, and nothing that a rule waits for for long. */
function noise(at: number): JournalRecord {
  const findings = [
    { detector: 'personal-data', rule: 'email', severity: 'low', at: [] }, { detector: 'instructions', rule: 'tool-request', severity: 'medium', at: [] },
    { detector: 'cost', rule: 'size', severity: 'low', at: [] }, { detector: 'anomaly', rule: 'hours', severity: 'medium', at: [] },
  ] as const;
  return recordOf('result.delivered', `context-${at % CONTEXTS}`, { findings: findings.slice(at % findings.length, (at % findings.length) + 1) });
}

function attackOf(tick: number): { readonly context: string; readonly read: JournalRecord; readonly act: JournalRecord } {
  const context = `attack-${tick}`;
  return {
    context,
    read: recordOf('result.delivered', context, { findings: [{ detector: 'instructions', rule: 'override', severity: 'high', at: [] }] }),
    act: recordOf('call.denied', context, { code: 'ERR_POLICY_DENIED', policies: ['default/untrusted-destination'], effect: 'communicate' }),
  };
}
