import { DAY, HOUR } from '../calendar.ts';
import { call } from '../call.ts';
import type { Tool } from '../catalogue.ts';
import { mayCall, type Agent } from '../population.ts';
import { chance, digest, pick, uniform } from '../random.ts';
import { usual } from '../walk.ts';
import type { World } from '../world.ts';
import { by, dailyCalls, existing, follow, habitual, isUsed, sender, some, spread, type Attack, type Stage } from './stage.ts';

function reads(agent: Agent): boolean {
  return [...agent.options.values()].flat().some(({ effect }) => effect === 'read');
}

/** Reads with its usual tools, in hours, what it else reads in a day (quiet), three or ten; at least 60, 150 or 400 and at most 3,000 calls. */
export const hoarding: Attack = {
  name: 'hoarding',
  suits: reads,
  days: [3, 28],
  plant: (stage) => {
    const calls = Math.min(3_000, Math.max(by(stage, 60, 150, 400), Math.round(by(stage, 1, 3, 10) * dailyCalls(stage.agent))));
    const tools = [habitual(stage, ['read']), habitual(stage, ['read'])];
    return spread(stage, calls, by(stage, 180, 120, 60), () => ({ tool: pick(stage.from, tools), wishes: { resultScale: by(stage, 1, 2, 3) } }));
  },
};

/** Sends to one new destination with a tool it uses, a few times a day for days: 3 × 6 days of ordinary size, 8 × 5 doubled, 30 × 3 fourfold. */
export const exfiltration: Attack = {
  name: 'exfiltration',
  suits: (agent) => [...agent.options.values()].flat().some(({ properties }) => properties.some(({ destination }) => destination === true)),
  days: [3, 23],
  plant: (stage) => {
    const { world, agent, from, at, id } = stage;
    const outward = [...agent.options.values()].flat().filter(({ properties }) => properties.some(({ destination }) => destination === true));
    const tool = pick(from, outward);
    const wishes = { destination: digest(`${id} drop`), argumentScale: by(stage, 1, 2, 4) };
    return Array.from({ length: by(stage, 6, 5, 3) }, (_, day) => day).flatMap((day) =>
      Array.from({ length: by(stage, 3, 8, 30) }, () => call(world, agent, tool, at + day * DAY + uniform(from, -1.5, 1.5) * HOUR, from, wishes)));
  },
};

function sensitive(agent: Agent, world: World): Tool[] {
  const restricted = existing(world).filter((tool) => tool.effect === 'read' && tool.labels.confidentiality === 'restricted');
  return restricted.filter((tool) => mayCall(agent, tool) && !isUsed(agent, tool));
}

function untrusted({ world, agent, from }: Stage): Tool {
  const usually = usual(agent, ['read'], from);
  if (usually?.labels.integrity === 'untrusted') return usually;
  return pick(from, (world.tools.get('web') ?? []).filter((tool) => !world.released.has(tool)));
}

/**
 * Reads what a stranger wrote, then restricted data that it never read, then sends: once, twice or six times, within a minute
 * each, the text as long as usual, twice or four times. Half of the quiet ones lack the stranger, and send to someone known:
 * only what the context carries when it sends is new.
 */
export const deputy: Attack = {
  name: 'deputy',
  suits: (agent, world) => sensitive(agent, world).length > 0,
  days: [3, 27],
  plant: (stage) => {
    const { agent, world, from, at, id } = stage;
    const hidden = stage.strength === 'quiet' && chance(from, 0.5);
    const wishes = { argumentScale: by(stage, 1, 2, 4), ...(hidden ? { destination: pick(from, agent.contacts) } : { destination: digest(`${id} drop`) }) };
    return Array.from({ length: by(stage, 1, 2, 6) }, (_, round) => round).flatMap((round) => follow(stage, at + round * by(stage, 1, 3, 0.5) * HOUR, 8, [
      ...(hidden ? [] : [{ tool: untrusted(stage) }]),
      ...some(from, sensitive(agent, world)).map((tool) => ({ tool, wishes: { outcome: 'permitted' as const } })),
      { tool: sender(stage), wishes },
    ]));
  },
};

/** Sends more than anybody would with a tool it uses: 2, 5 or 15 calls, 8, 30 or 200 times as long, with none, 2 or 5 properties that nobody knows. */
export const smuggling: Attack = {
  name: 'smuggling',
  suits: () => true,
  days: [3, 28],
  plant: (stage) => {
    const tool = habitual(stage, ['write', 'communicate']);
    const wishes = { argumentScale: by(stage, 8, 30, 200), unknownArguments: by(stage, 0, 2, 5) };
    return spread(stage, by(stage, 2, 5, 15), by(stage, 600, 240, 30), () => ({ tool, wishes }));
  },
};
