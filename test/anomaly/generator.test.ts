import { beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plan } from './generator/attacks/plan.ts';
import { DAY, HOUR, isWorkday, offsetAt, weekdayOf } from './generator/calendar.ts';
import type { CallEvent } from './generator/event.ts';
import { HELD_OUT, TUNING, type Seed } from './generator/seeds.ts';
import { events, type Labelled } from './generator/stream.ts';
import { build, type World } from './generator/world.ts';

/**
 * The generator was written before, and apart from, the detectors that are measured with it, and is not changed for them.
 * Whoever changes it changes this hash, and must measure anew.
 */
const FROZEN = 'a1584c1ae5526fd66b08ff097830dc37f66bef9a230fdda57f6091a9c66ade0f';

function contentHash(folder: string): string {
  const hasher = new Bun.CryptoHasher('sha256');
  for (const path of [...new Bun.Glob('**/*').scanSync({ cwd: folder })].toSorted()) hasher.update(`${path}\0${readFileSync(join(folder, path), 'utf8')}\0`);
  return hasher.digest('hex');
}

function seed(seeds: readonly Seed[], index: number): Seed {
  const found = seeds[index];
  if (found === undefined) throw new Error('no such seed');
  return found;
}

function begins(stream: Generator<Labelled>, world: World, days: number): Labelled[] {
  const taken: Labelled[] = [];
  for (const item of stream) {
    if (item.event.at >= world.start + days * DAY) break;
    taken.push(item);
  }
  return taken;
}

/** Digest of a month's first day. */
function digestOf(from: Seed): string {
  const world = build(from);
  return Bun.hash(JSON.stringify(begins(events(world, plan(world).drafts), world, 1))).toString(16);
}

function text({ event }: Labelled): string {
  return JSON.stringify(event);
}

describe('the generator', () => {
  test('is frozen', () => expect(contentHash(join(import.meta.dir, 'generator'))).toBe(FROZEN));

  test('gives the same month for the same seed, and another for another', () => {
    const first = digestOf(seed(TUNING, 0));
    expect(digestOf(seed(TUNING, 0))).toBe(first);
    expect(digestOf(seed(TUNING, 1))).not.toBe(first);
  }, 30_000);

  test('keeps tuning and held-out months apart', () => {
    const names = [...TUNING, ...HELD_OUT].map(({ name, start }) => [name, start].join());
    expect(new Set(names).size).toBe(TUNING.length + HELD_OUT.length);
    for (const { start } of [...TUNING, ...HELD_OUT]) expect(weekdayOf(Date.parse(start))).toBe(0);
  });
});

describe('attacks', () => {
  const months = [...TUNING, ...HELD_OUT].map((item) => [item.name, item] as const);

  test.each(months)('%s: four of each of twelve kinds, each on another agent, within the month', (_, item) => {
    const world = build(item);
    const { truths, drafts } = plan(world);
    expect(new Set(truths.map(({ agent }) => agent)).size).toBe(48);
    const counts = Object.groupBy(truths, ({ kind, strength }) => `${kind} ${strength}`);
    expect(new Set(truths.map(({ kind }) => kind)).size).toBe(12);
    for (const [cell, own] of Object.entries(counts)) expect(own).toHaveLength(cell.endsWith('quiet') ? 2 : 1);
    expect(drafts.every(({ at }) => at >= world.start && at < world.end)).toBe(true);
    for (const { id, times } of truths) expect(drafts.filter(({ attack }) => attack === id)).toHaveLength(times.length);
  });

  test('leave what else happens as it was', () => {
    const [clean, attacked] = [build(seed(TUNING, 2)), build(seed(TUNING, 2))];
    const { truths, drafts } = plan(attacked);
    const victims = new Set(truths.map(({ agent }) => agent));
    const without = begins(events(clean), clean, 4);
    const benign = begins(events(attacked, drafts), attacked, 4).filter(({ attack }) => attack === undefined);
    expect(benign.filter(({ event }) => !victims.has(event.agent)).map(text)).toEqual(without.filter(({ event }) => !victims.has(event.agent)).map(text));
    expect(benign.length).toBeGreaterThan(50_000);
  }, 30_000);

  test('a sleeper does nothing for two weeks', () => {
    const world = build(seed(TUNING, 1));
    const { truths } = plan(world);
    const sleepers = truths.filter(({ kind }) => kind === 'sleeper');
    for (const { agent, times } of sleepers) {
      const woken = times[0] ?? 0;
      expect(world.agents.find(({ id }) => id === agent)?.away.some(([from, to]) => to - from === 14 * DAY && Math.abs(to - woken) < HOUR)).toBe(true);
    }
  });
});

function sum(items: readonly number[]): number {
  return items.reduce((total, item) => total + item, 0);
}

function autocorrelation(series: readonly number[], lag: number): number {
  const mean = sum(series) / series.length;
  const product = (shift: number): number => sum(series.slice(shift).map((value, index) => (value - mean) * ((series[index] ?? 0) - mean)));
  return product(lag) / product(0);
}

/** What the month looks like, gathered in one pass. */
class Month {
  readonly world = build(seed(TUNING, 0));
  readonly all: CallEvent[] = [];
  readonly byAgent = new Map<string, number>();
  readonly hourly: number[] = Array.from({ length: 720 }, () => 0);
  readonly kinds = new Map(this.world.agents.map((agent) => [agent.id, agent]));

  constructor() {
    for (const { event } of events(this.world)) {
      this.all.push(event);
      this.byAgent.set(event.agent, (this.byAgent.get(event.agent) ?? 0) + 1);
      // Jobs in the night have their own hours; people and those who serve them make the season.
      const rhythm = this.kinds.get(event.agent)?.kind.rhythm;
      const hour = Math.floor((event.at - this.world.start) / HOUR);
      if (rhythm === 'office' || rhythm === 'clock') this.hourly[hour] = (this.hourly[hour] ?? 0) + 1;
    }
  }

  of(rhythm: string): CallEvent[] {
    return this.all.filter(({ agent }) => this.kinds.get(agent)?.kind.rhythm === rhythm);
  }

  local(event: CallEvent): number {
    const place = this.kinds.get(event.agent)?.place;
    return place === undefined ? event.at : event.at + offsetAt(place, event.at);
  }
}

function share<T>(items: readonly T[], has: (item: T) => boolean): number {
  return items.filter(has).length / items.length;
}

describe('a month', () => {
  let month: Month;
  beforeAll(() => { month = new Month(); }, 60_000);

  test('is in order, and of a size that 200 agents make', () => {
    expect(month.all.length).toBeGreaterThan(300_000);
    expect(month.all.length).toBeLessThan(2_000_000);
    expect(month.all.every(({ at }, index) => index === 0 || at >= (month.all[index - 1]?.at ?? 0))).toBe(true);
    expect(month.byAgent.size).toBeGreaterThanOrEqual(195);
  });

  test('has days and weeks', () => {
    expect(autocorrelation(month.hourly, 24)).toBeGreaterThan(0.4);
    expect(autocorrelation(month.hourly, 168)).toBeGreaterThan(0.5);
    expect(autocorrelation(month.hourly, 168)).toBeGreaterThan(autocorrelation(month.hourly, 84));
    expect(share(month.of('office'), (event) => weekdayOf(month.local(event)) > 4)).toBeLessThan(0.12);
    const around = share(month.of('clock'), (event) => weekdayOf(month.local(event)) > 4);
    expect(around).toBeGreaterThan(0.1);
    expect(around).toBeLessThan(0.25);
  });

  test('has office hours with lunch, and holidays', () => {
    const hours = Array.from({ length: 24 }, () => 0);
    const office = month.of('office');
    for (const event of office) {
      const hour = new Date(month.local(event)).getUTCHours();
      hours[hour] = (hours[hour] ?? 0) + 1;
    }
    const at = (hour: number): number => hours[hour] ?? 0;
    expect(at(12)).toBeLessThan(0.9 * at(10));
    expect(at(12)).toBeLessThan(0.9 * at(14));
    expect(at(3)).toBeLessThan(0.05 * at(10));
    const german = office.filter(({ agent }) => month.kinds.get(agent)?.place.name === 'DE');
    const day = (date: string): number => german.filter((event) => new Date(month.local(event)).toISOString().startsWith(date)).length;
    expect(isWorkday({ name: 'DE', offset: 1, summer: 'eu', holidays: ['2026-04-03'] }, Date.parse('2026-04-03'))).toBe(false);
    expect(day('2026-04-03')).toBeLessThan(0.3 * day('2026-03-20'));
  });

  test('is made by few more than by most', () => {
    const counts = [...month.byAgent.values()].toSorted((one, other) => other - one);
    expect(sum(counts.slice(0, 20)) / sum(counts)).toBeGreaterThan(0.4);
    expect(counts[100] ?? 0).toBeGreaterThan(500);
    expect(counts.at(-10) ?? 0).toBeLessThan(200);
  });

  test('has its denials, faults, untrusted contexts and new destinations', () => {
    const outcome = (name: string): number => share(month.all, (event) => event.outcome === name);
    expect(outcome('denied')).toBeGreaterThan(0.004);
    expect(outcome('denied')).toBeLessThan(0.03);
    expect(outcome('failed')).toBeLessThan(0.02);
    expect(outcome('permitted')).toBeGreaterThan(0.95);
    const untrusted = share(month.all, ({ labelsAfter }) => labelsAfter.integrity === 'untrusted');
    expect(untrusted).toBeGreaterThan(0.1);
    expect(untrusted).toBeLessThan(0.95);
    expect(new Set(month.all.flatMap(({ destinations }) => destinations)).size).toBeGreaterThan(3_000);
  });

  test('has releases that many adopt within days', () => {
    const adopters = [...month.world.released].map(([tool, at]) => {
      const uses = month.all.filter((event) => event.server === tool.server && event.tool === tool.name);
      expect(uses.every((event) => event.at >= at)).toBe(true);
      return new Set(uses.filter((event) => event.at < at + 7 * DAY).map(({ agent }) => agent)).size;
    });
    expect(adopters.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...adopters)).toBeGreaterThanOrEqual(8);
    expect(month.all.some((event) => event.arguments.some(({ name }) => name === 'include'))).toBe(true);
  });

  test('has newcomers, leaves, changes and one-offs', () => {
    const { agents, changes, oneOffs, outages, start } = month.world;
    expect(agents.filter(({ from }) => from > start).length).toBeGreaterThan(5);
    expect(agents.filter(({ away }) => away.length > 0).length).toBeGreaterThan(5);
    expect(changes.some(({ handOver }) => handOver)).toBe(true);
    expect(oneOffs.length).toBeGreaterThan(40);
    for (const { server, from, to } of outages) {
      const during = month.all.filter((event) => event.server === server && event.at >= from && event.at < to);
      if (during.length > 50) expect(share(during, (event) => event.outcome === 'failed')).toBeGreaterThan(0.6);
    }
  });

  test('has 12 and more servers of 5 to 40 tools', () => {
    expect(month.world.tools.size).toBeGreaterThanOrEqual(12);
    for (const tools of month.world.tools.values()) {
      expect(tools.length).toBeGreaterThanOrEqual(5);
      expect(tools.length).toBeLessThanOrEqual(40);
      expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
    }
  });
});
