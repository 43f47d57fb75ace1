import type { GranteeFact } from '../facts.ts';

/** `group support`, for people. */
export function nameOf(to: GranteeFact): string {
  if ('group' in to) return `group ${to.group}`;
  return 'agent' in to ? `agent ${to.agent}` : to.principal;
}
