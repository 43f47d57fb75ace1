import { expect, test } from 'bun:test';
import { plan } from './generator/attacks/plan.ts';
import { DAY } from './generator/calendar.ts';
import { TUNING } from './generator/seeds.ts';
import { events } from './generator/stream.ts';
import { build } from './generator/world.ts';
import { createScorer } from './scorer.ts';

/** The month as a whole takes minutes: `evaluate.ts` plays it. Here, its beginning. */
test('nothing is called unusual before it is known what is usual', () => {
  const [seed] = TUNING;
  if (seed === undefined) throw new Error('no month');
  const world = build(seed);
  const score = createScorer();
  let [seen, found] = [0, 0];
  for (const { event } of events(world, plan(world).drafts)) {
    if (event.at > world.start + 1.5 * DAY) break;
    seen += 1;
    found += score(event).length;
  }
  expect(seen).toBeGreaterThan(20_000);
  expect(found).toBe(0);
}, 30_000);
