import { CONFIDENTIALITIES } from '../domain/server.ts';
import type { Effect, Labels } from '../domain/server.ts';
import type { DetectorInfo } from './rules.ts';

const TOXIC = ['MCP06', 'MCP02', 'ASI01', 'ASI02', 'AML.T0086', 'SAFE-T1703', 'MCP-T9'] as const;

export const info = {
  facets: ['definition'],
  rules: {
    leak: { severity: 'medium', what: 'One agent reads what anybody may write and what is confidential, and can send.', catalogues: TOXIC },
    damage: { severity: 'medium', what: 'One agent reads what anybody may write, and can destroy, run or pay.', catalogues: [...TOXIC, 'SAFE-T2101'] },
  },
} as const satisfies DetectorInfo<'toxic-combination'>;

/** A tool that an agent may call, and what its results carry. */
export interface HeldTool {
  readonly server: string;
  readonly tool: string;
  readonly effect: Effect;
  readonly labels: Labels;
}

/** Tools that together are a path from what a stranger wrote to an effect outside. Each list holds every tool that can play the part. */
export interface ToxicCombination {
  readonly rule: keyof (typeof info)['rules'];
  /** Read what anybody may have written. */
  readonly untrusted: readonly HeldTool[];
  /** Read what is confidential or worse, or personal; empty for `damage`, which needs none. */
  readonly sensitive: readonly HeldTool[];
  /** What the path ends in. */
  readonly effects: readonly HeldTool[];
  /** The part with the fewest tools: without those, or with a person before them, there is no path. */
  readonly cut: readonly HeldTool[];
}

const SENDS: ReadonlySet<Effect> = new Set(['communicate', 'transact', 'execute']);
const DAMAGES: ReadonlySet<Effect> = new Set(['destroy', 'execute', 'transact']);

/** The combinations among the tools of one agent; pure, in one pass. One tool may play several parts. */
export function toxicCombinations(tools: readonly HeldTool[]): readonly ToxicCombination[] {
  const untrusted = tools.filter(({ labels }) => labels.integrity === 'untrusted');
  const sensitive = tools.filter(({ labels }) => isSensitive(labels));
  const sending = tools.filter(({ effect }) => SENDS.has(effect));
  const damaging = tools.filter(({ effect }) => DAMAGES.has(effect));
  const leak = [untrusted, sensitive, sending];
  const damage = [untrusted, damaging];
  return [
    ...(leak.every(({ length }) => length > 0) ? [{ rule: 'leak' as const, untrusted, sensitive, effects: sending, cut: fewest(leak) }] : []),
    ...(damage.every(({ length }) => length > 0) ? [{ rule: 'damage' as const, untrusted, sensitive: [], effects: damaging, cut: fewest(damage) }] : []),
  ];
}

function isSensitive({ confidentiality, categories }: Labels): boolean {
  return CONFIDENTIALITIES.indexOf(confidentiality) >= CONFIDENTIALITIES.indexOf('confidential') || categories.length > 0;
}

/** Of equal parts the last: to stop an effect costs an agent least of what it can know. */
function fewest(parts: readonly (readonly HeldTool[])[]): readonly HeldTool[] {
  return parts.reduce((best, part) => (part.length <= best.length ? part : best));
}
