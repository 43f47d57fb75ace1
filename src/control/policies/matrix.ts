import type { Json } from '../../domain/json.ts';
import type { Principal } from '../../domain/principal.ts';
import type { AgentToken, Snapshot } from '../../domain/snapshot.ts';
import { buildCeilings, withinCeilings } from '../../policy/ceiling.ts';
import { withoutDefaults } from '../../policy/defaults/table.ts';
import { loadEngine } from '../../policy/engine.ts';
import { buildMatrix } from '../../policy/matrix.ts';
import type { Control } from '../control.ts';

/** Who can call what, by what is in force: each tool of the space against each agent that has a token. */
export function showMatrix({ snapshots, now }: Control, space: string): Json {
  const inForce = snapshots.current;
  if (inForce === undefined) return { principals: [], rows: [] };
  const snapshot: Snapshot = JSON.parse(inForce.signed.bytes);
  const principals = principalsOf(snapshot.tokens.filter((token) => token.space === space), now());
  const mine = <T extends { readonly space: string }>(items: readonly T[]): readonly T[] => items.filter((item) => item.space === space);
  const engine = withinCeilings(loadEngine(withoutDefaults(snapshot.policy), snapshot.version), buildCeilings(snapshot.agents, snapshot.toolsets));
  const rows = buildMatrix(engine, mine(snapshot.servers), mine(snapshot.toolsets), principals, 'internal', now());
  return { principals: principals.map(({ id, agent, groups }) => ({ id, agent, groups })), rows: rows.map((row): Json => ({ ...row })) };
}

/** Several tokens of one agent for one person are one column. */
function principalsOf(tokens: readonly AgentToken[], now: number): readonly Principal[] {
  const found = new Map<string, Principal>();
  for (const token of tokens) {
    const { agent, space, kind, groups, id: credential, expiresAt } = token;
    const principal: Principal = {
      id: `sallyport|${token.subject}`, kind, space, groups, agent, actors: [], proof: 'bearer',
      tokenAgeMs: Math.max(0, now - token.issuedAt), expiresAt, credential,
    };
    found.set(JSON.stringify([principal.id, agent, groups]), principal);
  }
  return [...found.values()];
}
