import { CHANNEL } from './channels.ts';
import { CELLS, effectIndex, SERVERS, TOOL } from './places.ts';
import { know, knows } from './sets.ts';
import { createWindow } from './windows.ts';
import type { Rule, Sight } from './sight.ts';

/**
 * The first use of a tool by an actor: how rarely this actor takes up something new at all (Good and Turing's estimate of what is
 * unseen; Good, 1953), times how few of those who use the server use this tool, times how new the kind of effect is to the actor.
 * Peers make it ordinary: what everybody begins to use after a release soon surprises nobody.
 */
const TOOLS = 32;
const SERVER_WORDS = SERVERS / 32;
const EFFECT = TOOLS + SERVER_WORDS;
const NOVELTIES = EFFECT + 8;
const DAY = NOVELTIES + 2;
const days = createWindow({ channel: CHANNEL.toolsNew, kind: 'count', warm: 6, memory: 25 });

export const firstUse: Rule = {
  width: DAY + days.width,
  ask(sight, at) {
    if (sight.call.tool === undefined || knows(sight.rows.words, at, TOOLS, sight.item)) return;
    const surprise = score(sight, at);
    sight.report(CHANNEL.toolFirst, surprise, 1, share(sight));
    days.see(sight, at + DAY, days.total(sight, at + DAY) + surprise, 1);
  },
  settle(sight, { outcome }, at) {
    const { call, rows } = sight;
    if (call.tool === undefined || outcome === 'denied' || outcome === 'refused') return;
    const effect = at + EFFECT + effectIndex(call.effect);
    if (!knows(rows.words, at, TOOLS, sight.item)) {
      rows.floats[at + NOVELTIES] = (rows.floats[at + NOVELTIES] ?? 0) + 1;
      if (know(rows.words, at, TOOLS, sight.item)) meet(sight, at);
    }
    rows.floats[effect] = (rows.floats[effect] ?? 0) + 1;
  },
  closeDay(sight, at) {
    const { rows } = sight;
    days.close(sight, at + DAY, 1);
    // Forgets slowly how often something was new: about a month.
    rows.floats[at + NOVELTIES] = (rows.floats[at + NOVELTIES] ?? 0) * 0.97;
    rows.floats[at + NOVELTIES + 1] = (rows.floats[at + NOVELTIES + 1] ?? 0) * 0.97 + 1;
  },
};

/** One more actor uses this tool, and perhaps its server, together with those that it used before. */
function meet({ rows: { words }, tools, tool, server, call, everybody: { cells } }: Sight, at: number): void {
  if (tool >= 0) tools.floats[tool + TOOL.users] = (tools.floats[tool + TOOL.users] ?? 0) + 1;
  const place = serverPlace(call.server);
  if (uses(words, at, place)) return;
  words[at + TOOLS + (place >>> 5)] = ((words[at + TOOLS + (place >>> 5)] ?? 0) | (1 << (place & 31))) >>> 0;
  for (let other = 0; other < SERVERS; other += 1) {
    if (!uses(words, at, other)) continue;
    cells[CELLS.together + place * SERVERS + other] = (cells[CELLS.together + place * SERVERS + other] ?? 0) + 1;
    if (other !== place) cells[CELLS.together + other * SERVERS + place] = (cells[CELLS.together + other * SERVERS + place] ?? 0) + 1;
  }
  if (server >= 0) tools.floats[server + TOOL.users] = (tools.floats[server + TOOL.users] ?? 0) + 1;
}

function uses(words: Uint32Array, at: number, place: number): boolean {
  return ((words[at + TOOLS + (place >>> 5)] ?? 0) & (1 << (place & 31))) !== 0;
}

/** How many of those who use what this actor uses use this server too: of its servers, the one that says it least. */
function togetherness({ rows: { words }, everybody: { cells } }: Sight, at: number, place: number): number {
  let least = 1;
  for (let other = 0; other < SERVERS; other += 1) {
    if (!uses(words, at, other)) continue;
    const both = cells[CELLS.together + other * SERVERS + place] ?? 0;
    least = Math.min(least, (both + 0.5) / ((cells[CELLS.together + other * SERVERS + other] ?? 0) + 1));
  }
  return least;
}

function share({ tools, tool, server }: Sight): number {
  const users = tool < 0 ? 0 : (tools.floats[tool + TOOL.users] ?? 0);
  return users / Math.max(1, users, server < 0 ? 0 : (tools.floats[server + TOOL.users] ?? 0));
}

function score(sight: Sight, at: number): number {
  const { rows, tools, tool, server, call } = sight;
  const novelty = (1 + (rows.floats[at + NOVELTIES] ?? 0)) / (2 + (rows.floats[at + NOVELTIES + 1] ?? 0));
  const toolUsers = tool < 0 ? 0 : (tools.floats[tool + TOOL.users] ?? 0);
  const serverUsers = Math.max(toolUsers, server < 0 ? 0 : (tools.floats[server + TOOL.users] ?? 0));
  const together = togetherness(sight, at, serverPlace(call.server));
  const effect = at + EFFECT + effectIndex(call.effect);
  let calls = 0;
  for (let index = at + EFFECT; index < at + NOVELTIES; index += 1) calls += rows.floats[index] ?? 0;
  const ofEffect = ((rows.floats[effect] ?? 0) + 0.5) / (Math.min(calls, 1000) + 1);
  return (
    -Math.log(-Math.expm1(-novelty))
    - Math.log((toolUsers + 0.5) / (serverUsers + 1))
    - Math.log(together)
    - Math.min(0, Math.max(-6, Math.log(ofEffect * 4)))
  );
}

function serverPlace(server: string): number {
  let hash = 7;
  for (let index = 0; index < server.length; index += 1) hash = Math.imul(hash ^ server.charCodeAt(index), 0x5f356495);
  return ((hash ^ (hash >>> 15)) >>> 0) % SERVERS;
}
