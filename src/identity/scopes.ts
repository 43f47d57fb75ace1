import type { Action, Resource } from '../domain/decision.ts';
import type { ScopeGrant } from '../domain/issuer.ts';
import { EFFECTS, type Effect } from '../domain/server.ts';

/** One thing that a token must be good for: an effect on a server. */
export interface Need {
  readonly server: string;
  readonly effect: Effect;
}

const READING: ReadonlySet<Action> = new Set<Action>(['get_prompt', 'read_resource', 'complete', 'subscribe']);

/**
 * What a token must be good for. Connecting, listing and keeping up tasks need no more than the audience. A tool without
 * an effect can do anything, so it needs everything.
 */
export function needsOf(asked: readonly { readonly action: Action; readonly resource: Resource }[]): readonly Need[] {
  return asked.flatMap(({ action, resource: { server, effect } }): readonly Need[] => {
    if (READING.has(action)) return [{ server, effect: 'read' }];
    if (action !== 'call_tool') return [];
    return effect === undefined ? EFFECTS.map((each) => ({ server, effect: each })) : [{ server, effect }];
  });
}

/** Scopes that a token lacks and must have had; undefined when it lacks none. */
export interface Shortfall {
  /** All that the operation needs and all that is held, so that a client which asks for just these loses nothing (RFC 6750 section 3.1). */
  readonly scope: string;
}

export function shortfallOf(held: readonly string[], needs: readonly Need[], grants: readonly ScopeGrant[]): Shortfall | undefined {
  const missing = needs.filter((need) => !held.some((scope) => covers(scope, need, grants)));
  if (missing.length === 0) return undefined;
  const names = needs.map((need) => nameOf(need, grants));
  return { scope: [...new Set([...held.filter(isScope), ...names])].join(' ') };
}

/**
 * `<server>.<effect>`, `<server>` for all of it, or one of the company's own, which means what they say and no more, however
 * it is called. A last part that is an effect is always meant as one, and what signing in is about is never meant as a server.
 */
function covers(scope: string, { server, effect }: Need, grants: readonly ScopeGrant[]): boolean {
  const grant = grants.find((one) => one.scope === scope);
  if (grant !== undefined) return grant.allow.some((rule) => rule.server === server && (rule.effects === '*' || rule.effects.includes(effect)));
  return scope === `${server}.${effect}` || (scope === server && !ENDS_IN_EFFECT.test(server) && !OF_SIGN_IN.has(server));
}

/** OpenID Connect Core section 5.4 and 11. */
const OF_SIGN_IN: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'address', 'phone', 'offline_access']);

const ENDS_IN_EFFECT = new RegExp(`\\.(?:${EFFECTS.join('|')})$`);

/** The scope to ask for: of the company's own the narrowest, for its provider may know no others. */
export function nameOf(need: Need, grants: readonly ScopeGrant[]): string {
  const fitting = grants.filter(({ scope }) => covers(scope, need, grants));
  const narrowest = fitting.toSorted((a, b) => breadthOf(a) - breadthOf(b))[0];
  return narrowest?.scope ?? `${need.server}.${need.effect}`;
}

function breadthOf({ allow }: ScopeGrant): number {
  return allow.reduce((sum, { effects }) => sum + (effects === '*' ? EFFECTS.length : effects.length), 0);
}

/** RFC 6749 section 3.3: what may stand in a challenge between quotation marks. */
export function isScope(text: string): boolean {
  return /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/.test(text);
}
