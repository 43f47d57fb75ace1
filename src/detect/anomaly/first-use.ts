import { CHANNEL } from './channels.ts';
import { CELLS, effectIndex, TOOL } from './places.ts';
import { know, knows } from './sets.ts';
import type { Rule, Sight } from './sight.ts';

/**
 * The first use of a tool by an actor: how rarely this actor takes up something new at all (Good and Turing's estimate of what is
 * unseen; Good, 1953), times how few of those who use the server use this tool, times how new the kind of effect is to the actor.
 * Peers make it ordinary: what everybody begins to use after a release soon surprises nobody.
 */
const TOOLS = 32;
const SERVERS = 8;
const EFFECT = TOOLS + SERVERS;
const NOVELTIES = EFFECT + 8;
const COLD_DAYS = 5;

export const firstUse: Rule = {
  width: NOVELTIES + 2,
  ask(sight, at) {
    if (sight.call.tool === undefined || knows(sight.rows.words, at, TOOLS, sight.item)) return;
    sight.report(CHANNEL.toolFirst, score(sight, at), sight.days < COLD_DAYS, 1, share(sight));
  },
  settle(sight, { outcome }, at) {
    const { call, rows } = sight;
    if (call.tool === undefined || outcome === 'denied' || outcome === 'refused') return;
    const effect = at + EFFECT + effectIndex(call.effect);
    if (!knows(rows.words, at, TOOLS, sight.item)) {
      sight.test(CHANNEL.toolFirst, score(sight, at), sight.days < COLD_DAYS);
      rows.floats[at + NOVELTIES] = (rows.floats[at + NOVELTIES] ?? 0) + 1;
      if (know(rows.words, at, TOOLS, sight.item)) meet(sight, at);
    }
    if ((rows.floats[effect] ?? 0) === 0) sight.everybody.cells[CELLS.effects + effectIndex(call.effect)] = (sight.everybody.cells[CELLS.effects + effectIndex(call.effect)] ?? 0) + 1;
    rows.floats[effect] = (rows.floats[effect] ?? 0) + 1;
  },
  closeDay({ rows }, at) {
    // Forgets slowly how often something was new: about a month.
    rows.floats[at + NOVELTIES] = (rows.floats[at + NOVELTIES] ?? 0) * 0.97;
    rows.floats[at + NOVELTIES + 1] = (rows.floats[at + NOVELTIES + 1] ?? 0) * 0.97 + 1;
  },
};

/** One more actor uses this tool, and perhaps its server. */
function meet({ rows, tools, tool, server, call }: Sight, at: number): void {
  if (tool >= 0) tools.floats[tool + TOOL.users] = (tools.floats[tool + TOOL.users] ?? 0) + 1;
  const place = serverPlace(call.server);
  if (knows(rows.words, at + TOOLS, SERVERS, place)) return;
  know(rows.words, at + TOOLS, SERVERS, place);
  if (server >= 0) tools.floats[server + TOOL.users] = (tools.floats[server + TOOL.users] ?? 0) + 1;
}

function share({ tools, tool, server }: Sight): number {
  const users = tool < 0 ? 0 : (tools.floats[tool + TOOL.users] ?? 0);
  return users / Math.max(1, users, server < 0 ? 0 : (tools.floats[server + TOOL.users] ?? 0));
}

function score(sight: Sight, at: number): number {
  const { rows, tools, tool, server, everybody, call } = sight;
  const novelty = (1 + (rows.floats[at + NOVELTIES] ?? 0)) / (2 + (rows.floats[at + NOVELTIES + 1] ?? 0));
  const toolUsers = tool < 0 ? 0 : (tools.floats[tool + TOOL.users] ?? 0);
  const serverUsers = Math.max(toolUsers, server < 0 ? 0 : (tools.floats[server + TOOL.users] ?? 0));
  const isKnownServer = knows(rows.words, at + TOOLS, SERVERS, serverPlace(call.server));
  const effect = at + EFFECT + effectIndex(call.effect);
  let calls = 0;
  for (let index = at + EFFECT; index < at + NOVELTIES; index += 1) calls += rows.floats[index] ?? 0;
  const ofEffect = ((rows.floats[effect] ?? 0) + 0.5) / (Math.min(calls, 1000) + 1);
  return (
    -Math.log(-Math.expm1(-novelty))
    - Math.log((toolUsers + 0.5) / (serverUsers + 1))
    - (isKnownServer ? 0 : Math.log((serverUsers + 0.5) / (everybody.actors + 1)))
    - Math.min(0, Math.max(-6, Math.log(ofEffect * 4)))
  );
}

function serverPlace(server: string): number {
  let hash = 7;
  for (let index = 0; index < server.length; index += 1) hash = Math.imul(hash ^ server.charCodeAt(index), 0x5f356495);
  return (hash ^ (hash >>> 15)) >>> 0;
}
