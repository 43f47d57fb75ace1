import { DAY } from '../calendar.ts';
import type { Draft } from '../call.ts';
import type { Agent } from '../population.ts';
import { random, sample, whole } from '../random.ts';
import type { World } from '../world.ts';
import { creep, enumeration, fanOut, guessing, impersonation, loop, sleeper, theft } from './access.ts';
import { deputy, exfiltration, hoarding, smuggling } from './data.ts';
import { atWork, type Attack, type Strength } from './stage.ts';

/** The twelve kinds; those that suit fewest agents choose first. */
const ATTACKS: readonly Attack[] = [
  deputy, creep, sleeper, theft, impersonation, exfiltration, fanOut, hoarding, smuggling, enumeration, guessing, loop,
];

/** Of each kind in a month: half are quiet. */
const EACH: readonly Strength[] = ['quiet', 'quiet', 'plain', 'loud'];

/** What is known to be wrong: who, when, how, how loud. */
export interface Truth {
  readonly id: string;
  readonly kind: string;
  readonly strength: Strength;
  readonly agent: string;
  readonly principal: string;
  /** When its events happen, in order, epoch ms: its span is from the first to the last. */
  readonly times: readonly number[];
}

/** The first of the free agents whom it suits and to whom it can happen, all of it, before the month is over. */
function happen(world: World, attack: Attack, agents: readonly Agent[], id: string, strength: Strength) {
  const from = random(`${world.seed.name}/attack ${id}`);
  for (const agent of sample(from, agents.filter((candidate) => attack.suits(candidate, world)), 40)) {
    const at = atWork(world, agent, whole(from, attack.days[0], attack.days[1]), from);
    if (at === undefined || (attack.sleepDays !== undefined && agent.from > world.start)) continue;
    const drafts = attack.plant({ id, world, agent: { ...agent, contacts: [...agent.contacts] }, at, strength, from });
    if (drafts.length > 0 && drafts.every((draft) => draft.at >= world.start && draft.at < world.end)) return { agent, at, drafts };
  }
  throw new Error(`no agent suits ${id}`);
}

/** 48 attacks on 48 different agents. Puts sleepers to sleep, so it must run before the month does. */
export function plan(world: World): { readonly truths: readonly Truth[]; readonly drafts: readonly Draft[] } {
  const handedOver = new Set(world.changes.filter((change) => change.handOver).map(({ agent }) => agent));
  const free = new Set(world.agents.filter((agent) => !handedOver.has(agent)));
  const truths: Truth[] = [];
  const drafts: Draft[] = [];
  for (const attack of ATTACKS) {
    for (const [index, strength] of EACH.entries()) {
      const id = `${attack.name}-${strength}-${index + 1}`;
      const { agent, at, drafts: own } = happen(world, attack, [...free], id, strength);
      free.delete(agent);
      const times = own.map((draft) => draft.at).sort((one, other) => one - other);
      truths.push({ id, kind: attack.name, strength, agent: agent.id, principal: agent.principal, times });
      drafts.push(...own.map((draft) => ({ ...draft, attack: id })));
      if (attack.sleepDays !== undefined) agent.away = [...agent.away, [at - attack.sleepDays * DAY, at]];
    }
  }
  return { truths, drafts };
}
