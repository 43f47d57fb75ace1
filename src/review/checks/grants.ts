import type { GranteeFact } from '../facts.ts';

/** Names of tools that evidence shows; how many there are stands beside them. */
const NAMES_SHOWN = 200;

export function some(names: readonly string[]): readonly string[] {
  return names.slice(0, NAMES_SHOWN);
}

/** `group support`, for people. */
export function nameOf(to: GranteeFact): string {
  if ('group' in to) return `group ${to.group}`;
  return 'agent' in to ? `agent ${to.agent}` : to.principal;
}
