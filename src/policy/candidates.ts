import { ACTIONS } from '../domain/decision.ts';
import type { ProgramPolicy, Scope } from './program.ts';
import type { Subject } from './subject.ts';
import { itemOf } from './subject.ts';
import type { AnyAction } from './vocabulary.ts';
import { ANY_ACTIONS } from './vocabulary.ts';

/**
 * Policies by action, resource and principal scope, so that a decision looks only at policies that can apply: its cost
 * does not grow with the number of the others.
 */
export type Candidates<Policy> = (subject: Subject) => readonly Policy[];

/** The index gives every policy whose scope a request can match (perhaps more: the scope's own test comes after). */
export function indexPolicies<Policy extends { readonly source: ProgramPolicy }>(policies: readonly Policy[]): Candidates<Policy> {
  const byAction = new Map<AnyAction, Map<string, Map<string, Policy[]>>>(ANY_ACTIONS.map((action) => [action, new Map()]));
  for (const policy of policies) {
    for (const action of policy.source.actions ?? ACTIONS) {
      const byResource = entry(
        entry(byAction, action, () => new Map<string, Map<string, Policy[]>>()),
        scopeKey(policy.source.resource),
        () => new Map<string,
        Policy[]>(),
      );
      entry(byResource, scopeKey(policy.source.principal), () => []).push(policy);
    }
  }
  return (subject) => {
    const byResource = byAction.get(subject.request.action);
    if (byResource === undefined || byResource.size === 0) return [];
    const found: Policy[] = [];
    const principalKeys = keysOfPrincipal(subject);
    for (const resourceKey of keysOfResource(subject)) {
      const byPrincipal = byResource.get(resourceKey);
      if (byPrincipal === undefined) continue;
      for (const principalKey of principalKeys) found.push(...(byPrincipal.get(principalKey) ?? []));
    }
    return found;
  };
}

const EVERYTHING = '*';

function scopeKey(scope: Scope): string {
  const named = scope.exactly ?? scope.in;
  if (named !== undefined) return nameKey(named[0], named[1]);
  return scope.is === undefined ? EVERYTHING : typeKey(scope.is);
}

function nameKey(type: string, id: string): string {
  return `${type}::${id}`;
}

function typeKey(type: string): string {
  return `is ${type}`;
}

function keysOfPrincipal({ request, principalType }: Subject): readonly string[] {
  const { principal } = request;
  const groups = new Set(principal.groups);
  return [EVERYTHING, typeKey(principalType), nameKey(principalType, principal.id), ...[...groups].map((group) => nameKey('Group', group))];
}

function keysOfResource({ request, resourceType, resourceId, server }: Subject): readonly string[] {
  const keys = [EVERYTHING, typeKey(resourceType), nameKey(resourceType, resourceId), nameKey('Space', server.space)];
  const item = itemOf(request);
  if (item === undefined) return keys;
  if (resourceType !== 'Server') keys.push(nameKey('Server', item.server));
  for (const toolset of new Set(item.toolsets)) keys.push(nameKey('Toolset', toolset));
  return keys;
}

function entry<Key, Kept>(map: Map<Key, Kept>, key: Key, make: () => Kept): Kept {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
