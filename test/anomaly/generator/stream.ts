import { UNLABELLED, type Labels } from '../../../src/domain/server.ts';
import { join } from '../../../src/flow/labels.ts';
import { DAY, DAYS, HOUR } from './calendar.ts';
import type { Draft } from './call.ts';
import type { CallEvent } from './event.ts';
import { once } from './one-offs.ts';
import { begin } from './sessions.ts';
import type { World } from './world.ts';

/** A context that was idle for so long starts anew (the gate's default). */
const CONTEXT_IDLE_MS = 8 * HOUR;
/** Days begin up to this much before midnight UTC for those who live east of it. */
const EAST_MS = 12 * HOUR;

/** An event, and what only the evaluation may know of it: the id of the attack that it belongs to. */
export interface Labelled {
  readonly event: CallEvent;
  readonly attack: string | undefined;
}

/** What the agents begin by one date, with the changes and one-offs that are due. */
function* daily(world: World): Generator<{ readonly begun: Draft[]; readonly final: number }> {
  const changes = [...world.changes];
  for (let day = 0; day < DAYS + 1; day += 1) {
    const midnight = world.start + day * DAY;
    const [from, to] = [midnight - EAST_MS, midnight + DAY - EAST_MS];
    while (changes[0] !== undefined && changes[0].at < midnight) changes.shift()?.apply();
    const begun = world.agents.flatMap((agent) => begin(world, agent, midnight));
    const special = world.oneOffs.filter(({ at }) => at >= from && at < to).flatMap((item) => once(world, item));
    yield { begun: [...begun, ...special], final: to };
  }
}

/** Everything in order of time, a day at a time, so that a month needs no more memory than a day. `planted` are the attacks' events. */
function* ordered(world: World, planted: readonly Draft[]): Generator<Draft> {
  let open: Draft[] = [...planted];
  for (const { begun, final } of daily(world)) {
    const all = [...open, ...begun].sort((one, other) => one.at - other.at);
    const first = all.findIndex(({ at }) => at >= final);
    const cut = first < 0 ? all.length : first;
    open = all.slice(cut);
    for (const draft of all.slice(0, cut)) {
      if (draft.at >= world.start && draft.at < world.end) yield draft;
    }
  }
}

/** The organisation's month: what its contexts carry is known only now, when everything is in order. */
export function* events(world: World, planted: readonly Draft[] = []): Generator<Labelled> {
  const contexts = new Map<string, { labels: Labels; at: number }>();
  for (const { carries, attack, ...rest } of ordered(world, planted)) {
    const before = contexts.get(rest.context);
    const labelsBefore = before === undefined || rest.at - before.at > CONTEXT_IDLE_MS ? UNLABELLED : before.labels;
    const labelsAfter = join(labelsBefore, carries);
    contexts.set(rest.context, { labels: labelsAfter, at: rest.at });
    yield { event: { ...rest, labelsBefore, labelsAfter }, attack };
  }
}
