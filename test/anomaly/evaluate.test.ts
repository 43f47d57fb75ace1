import { describe, expect, test } from 'bun:test';
import { figuresOf } from './evaluation/figures.ts';
import { rateInterval, wilson } from './evaluation/interval.ts';
import { plot } from './evaluation/plot.ts';
import type { Found, MonthRun } from './evaluation/run.ts';
import { DAY, HOUR } from './generator/calendar.ts';

function found(agent: string, at: number, attack?: string): Found {
  return { at, agent, rule: 'anomaly/rate', severity: 'low', attack };
}

/** Two agents, 30 days; `b` is attacked on day 10, at noon and two hours later. */
function month(clean: readonly Found[], attacked: readonly Found[]): MonthRun {
  const noon = 10 * DAY + 12 * HOUR;
  const truth = { id: 'loop-1', kind: 'loop', strength: 'quiet', agent: 'b', principal: 'p', times: [noon, noon + 2 * HOUR] } as const;
  return { seed: 's', start: 0, end: 30 * DAY, truths: [truth], clean, attacked, seen: new Map([['a', 0], ['b', 0]]), events: 10, usPerEvent: 1 };
}

function hitsOf(item: Found): number {
  return figuresOf([month([], [item])]).attacks.found;
}

describe('the evaluation', () => {
  const noon = 10 * DAY + 12 * HOUR;

  test('takes as found what is returned for an event of the attack, or for its agent within the hour after one', () => {
    expect(hitsOf(found('b', noon, 'loop-1'))).toBe(1);
    expect(hitsOf(found('b', noon + 0.9 * HOUR))).toBe(1);
    expect(hitsOf(found('b', noon + 1.5 * HOUR))).toBe(0);
    expect(hitsOf(found('b', noon - 1))).toBe(0);
    expect(hitsOf(found('a', noon))).toBe(0);
  });

  test('says when it was found: after how long, at which event, and whether chance would have', () => {
    const [kind] = figuresOf([month([found('b', noon + 2 * HOUR)], [found('b', noon + 2 * HOUR, 'loop-1')])]).kinds;
    expect(kind).toMatchObject({ found: 1, of: 1, chance: 1, medianDelayMs: 2 * HOUR, medianEvent: 2 });
    expect(kind?.strengths).toMatchObject({ quiet: { found: 1, of: 1 }, loud: { of: 0 } });
  });

  test('counts every finding of the month without attacks as false', () => {
    const figures = figuresOf([month([found('a', 1), found('a', 2), found('b', 20 * DAY)], [found('a', 1)])]);
    expect(figures).toMatchObject({ agentMonths: 2, falseFindings: 3, falsePerAgentMonth: 1.5, falseAlarmsPerAgentMonth: 1 });
    expect(figures).toMatchObject({ besidesAttacks: 0.5, agentsWithout: 0 });
    expect(figures.falseByDay[0]).toBe(1);
    expect(figures.falseByAge.map(({ perAgentDay }) => perAgentDay)).toEqual([1, 0, 0, 0, 1 / 32]);
  });

  test('gives intervals that hold what they should', () => {
    expect(wilson(0, 10)[1]).toBeCloseTo(0.278, 2);
    expect(wilson(9, 10)[0]).toBeCloseTo(0.596, 2);
    expect(rateInterval([{ count: 0, exposure: 30 }])).toEqual([0, 0.1]);
    const [low, high] = rateInterval(Array.from({ length: 100 }, (_, index) => ({ count: index % 2, exposure: 1 })));
    expect(low).toBeGreaterThan(0.35);
    expect(high).toBeLessThan(0.65);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
  });

  test('draws all kinds', () => {
    const picture = plot(figuresOf([month([], [found('b', noon, 'loop-1')])]), 'caption');
    expect(picture).toContain('>loop</text>');
    expect(picture).toContain('1 of 1, after 0 s');
    expect(picture).not.toContain('NaN');
  });
});
