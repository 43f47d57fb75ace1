import type { Effect, ScopeMap } from '../../domain/server.ts';

/** What to ask for, by what the call does: what only reads, or has no effect that is known (lists), asks for what reading needs. */
export function scopesFor(map: ScopeMap | undefined, effect: Effect | undefined): readonly string[] {
  if (map === undefined) return [];
  return isList(map) ? map : (map[effect ?? 'read'] ?? []);
}

/** A server may ask for what its entry declares, under any effect, and for nothing else; where nothing is declared, for anything. */
export function allowedScopes(map: ScopeMap | undefined, asked: readonly string[]): readonly string[] {
  if (map === undefined) return asked;
  const declared = new Set(Object.values(map).flat());
  return asked.filter((scope) => declared.has(scope));
}

function isList(map: ScopeMap): map is readonly string[] {
  return Array.isArray(map);
}

/** A `scope` parameter (RFC 6749, section 3.3) as a list, each once. */
export function scopesIn(text: string | undefined): readonly string[] {
  return [...new Set((text ?? '').split(' ').filter((scope) => scope !== ''))];
}
