import { ACCESSES } from '../access.ts';
import type { Access } from '../access.ts';

/** What tokens for the control API are for: their one audience. */
export function apiUri(origin: string): string {
  return `${origin}/api/v1`;
}

/** What a token can be narrowed to: what custodians do is nothing that a token is for, and about oneself one may always ask. */
const SCOPED = ACCESSES.filter((access) => access !== 'seal' && access !== 'self');

export const API_SCOPES: readonly string[] = SCOPED.map(scopeOf);

export function scopeOf(access: Access): string {
  return `admin.${access}`;
}

/** At most this may the bearer of a token with these scopes; roles say what of it. */
export function accessesOf(scopes: readonly string[]): readonly Access[] {
  return ['self', ...SCOPED.filter((access) => scopes.includes(scopeOf(access)))];
}
