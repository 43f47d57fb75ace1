import { DAY, HOUR, offsetAt } from '../calendar.ts';
import { call, list } from '../call.ts';
import { mayCall } from '../population.ts';
import { lognormal, pick, sample, uniform } from '../random.ts';
import { walk } from '../walk.ts';
import { by, existing, follow, habitual, isPerson, isUsed, spread, unused, type Attack } from './stage.ts';

/** Someone else has the credential and does ordinary things between one and four at night: 10 calls in a night, 30 in each of two, 120 in each of three. */
export const theft: Attack = {
  name: 'theft',
  suits: (agent) => isPerson(agent) && agent.weekend < 0.2 && Math.abs(agent.shift) < 1.5,
  days: [3, 26],
  plant: (stage) => {
    const { agent, world, from, at } = stage;
    const midnight = Math.floor((at + offsetAt(agent.place, at)) / DAY) * DAY - offsetAt(agent.place, at);
    return Array.from({ length: by(stage, 1, 2, 3) }, (_, night) => midnight + (night + 1) * DAY + uniform(from, 1, 4) * HOUR)
      .flatMap((start) => walk(world, agent, start, by(stage, 10, 30, 120), from));
  },
};

/** Asks what there is, and tries tools it never used, three in four of them denied to it: 8 in four hours, 25 in one, 80 in ten minutes. */
export const enumeration: Attack = {
  name: 'enumeration',
  suits: () => true,
  days: [3, 28],
  plant: (stage) => {
    const { agent, world, from, at } = stage;
    const foreign = existing(world).filter((tool) => !mayCall(agent, tool));
    const count = by(stage, 8, 25, 80);
    const tools = sample(from, [...sample(from, foreign, Math.ceil(count * 0.75)), ...sample(from, unused(world, agent), Math.floor(count / 4))], count);
    const lists = sample(from, [...world.tools.keys()], by(stage, 1, 4, 12)).map((server, index) => list(world, agent, server, at + index * 500, from));
    return [...lists, ...spread(stage, tools.length, by(stage, 240, 60, 10), (index) => ({ tool: tools[index] ?? pick(from, tools) }))];
  },
};

/** Tries values until one passes: 6, 20 or 100 denials of a usual tool within ten minutes. */
export const guessing: Attack = {
  name: 'guessing',
  suits: () => true,
  days: [3, 28],
  plant: (stage) => {
    const tool = habitual(stage, ['read', 'write']);
    return spread(stage, by(stage, 6, 20, 100), 10, () => ({ tool, wishes: { outcome: 'denied' } }));
  },
};

/** Uses what its role always allowed and it never did: destroys or pays, 2 times in three days, 6 in two, 25 in an hour. */
export const creep: Attack = {
  name: 'creep',
  suits: (agent, world) => unused(world, agent).some(({ effect }) => effect === 'destroy' || effect === 'transact'),
  days: [3, 26],
  plant: (stage) => {
    const tools = sample(stage.from, unused(stage.world, stage.agent).filter(({ effect }) => effect === 'destroy' || effect === 'transact'), 4);
    const { world, agent, from, at } = stage;
    if (stage.strength === 'loud') return spread(stage, 25, 60, () => ({ tool: pick(from, tools) }));
    const days = by(stage, 3, 2, 1);
    return Array.from({ length: by(stage, 2, 6, 25) }, (_, index) =>
      call(world, agent, pick(from, tools), at + (index % days) * DAY + uniform(from, 0, 1) * HOUR, from));
  },
};

/** Reaches many servers in little time, its own first: two calls at each of 5 in half an hour, of 8 in ten minutes, of 14 in five. */
export const fanOut: Attack = {
  name: 'fan-out',
  suits: (agent) => agent.servers.size >= 6,
  days: [3, 28],
  plant: (stage) => {
    const { agent, world, from, at } = stage;
    const own = sample(from, [...agent.servers], by(stage, 5, 8, 14));
    const others = sample(from, [...world.tools.keys()].filter((name) => !agent.servers.has(name)), by(stage, 5, 8, 14) - own.length);
    const servers = [...own, ...others];
    const steps = servers.flatMap((server) => {
      const tools = existing(world).filter((tool) => tool.server === server && tool.effect === 'read');
      return [{ tool: pick(from, tools) }, { tool: pick(from, tools) }];
    });
    const lists = servers.map((server, index) => list(world, agent, server, at + index * 300, from));
    return [...lists, ...follow(stage, at + 5_000, by(stage, 180, 37, 10), steps)];
  },
};

/** Does nothing for two weeks, then acts as another would: 8 calls, half of them of tools new to it, or 25 or 80, nearly all of them new. */
export const sleeper: Attack = {
  name: 'sleeper',
  suits: (agent, world) => isPerson(agent) && agent.kind.name !== 'sparse' && unused(world, agent).length >= 8,
  days: [18, 28],
  sleepDays: 14,
  plant: (stage) => {
    const { agent, world, from, at } = stage;
    const fresh = sample(from, unused(world, agent), by(stage, 4, 10, 20));
    const used = existing(world).filter((tool) => isUsed(agent, tool));
    const share = by(stage, 0.5, 0.8, 0.9);
    const steps = Array.from({ length: by(stage, 8, 25, 80) }, () => ({ tool: pick(from, from.next() < share ? fresh : used) }));
    return follow(stage, at, by(stage, 12, 8, 4), steps);
  },
};

/** Someone else's program acts in its name at its usual hours: its own tools, in no order it knows; 20 calls at its pace, 60 or 200 at a machine's. */
export const impersonation: Attack = {
  name: 'impersonation',
  suits: (agent) => agent.kind.name !== 'sparse' && [...agent.options.values()].flat().length >= 8,
  days: [6, 28],
  plant: (stage) => {
    const { agent, from, at } = stage;
    const own = [...agent.options.values()].flat();
    const steps = Array.from({ length: by(stage, 20, 60, 200) }, () => ({ tool: pick(from, own) }));
    return follow(stage, at, by(stage, agent.kind.gap[0], 1, 0.7), steps);
  },
};

/** Says the same again and again, at a machine's pace: 40 times every eight seconds, 300 every two, 3,000 every 0.4. */
export const loop: Attack = {
  name: 'loop',
  suits: () => true,
  days: [3, 28],
  plant: (stage) => {
    const first = call(stage.world, stage.agent, habitual(stage, ['read', 'execute', 'write']), stage.at, stage.from, { outcome: 'permitted' });
    const step = by(stage, 8_000, 2_000, 400);
    return Array.from({ length: by(stage, 40, 300, 3_000) }, (_, index) => ({
      ...first, at: Math.round(stage.at + index * step * uniform(stage.from, 0.99, 1.01)), latencyMs: Math.round(lognormal(stage.from, first.latencyMs, 0.2)),
    }));
  },
};
