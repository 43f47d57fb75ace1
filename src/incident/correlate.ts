import type { Signal } from '../domain/incident.ts';
import { LIMITS } from '../domain/limits.ts';
import { isNamed, keyOf, meets } from './rule.ts';
import type { IncidentRule } from './rule.ts';
import { signalName } from './signal.ts';

/** A signal in its place in the ledger. */
export interface Placed {
  readonly position: number;
  readonly signal: Signal;
}

/** A rule says something of signals: that they make an incident, or (`more`) that this one belongs to what it said before. */
export interface Match {
  readonly rule: IncidentRule;
  readonly space: string;
  /** What its signals are alike in. */
  readonly key: string;
  readonly signals: readonly Placed[];
  readonly more: boolean;
}

/** Puts signals together by rules, in the order of the ledger. Keeps nothing but what rules still wait for. */
export interface Correlator {
  /** `now`: no record is from later, whatever its clock said. Epoch ms. */
  take(placed: Placed, now: number): readonly Match[];
  /** What a rule said of these is over: what comes from now on is looked at anew, this signal first. */
  anew(match: Match, now: number): readonly Match[];
  /** Forgets what no rule waits for any more, and gives the first position that one does; undefined: none. */
  oldest(now: number): number | undefined;
}

/** What one rule waits for, of signals that are alike. */
interface Waiting {
  /** Per need, by the signals' ids. */
  readonly met: readonly Map<string, Placed>[];
  /** It said that they make an incident; the time of the last one. */
  said?: number;
}

interface Wanted {
  readonly rule: IncidentRule;
  /** Which of its needs a signal of that name may meet. */
  readonly needs: readonly number[];
}

export function createCorrelator(rules: readonly IncidentRule[]): Correlator {
  const wantedOf = new Map<string, readonly Wanted[]>();
  // A space has its own, so that none crowds out what another's rules wait for.
  const kept = new Map<string, Map<string, Waiting>>();
  const wanted = (name: string): readonly Wanted[] => {
    const known = wantedOf.get(name);
    if (known !== undefined) return known;
    const found = rules.flatMap((rule): readonly Wanted[] => {
      const needs = rule.needs.flatMap((need, index) => (isNamed(need, name) ? [index] : []));
      return needs.length === 0 ? [] : [{ rule, needs }];
    });
    // Codes and rules are closed sets; that names are bounded here holds whatever a record says.
    if (wantedOf.size < NAMES_MAX) wantedOf.set(name, found);
    return found;
  };
  const takeFor = (rule: IncidentRule, needs: readonly number[], placed: Placed, now: number): Match | undefined => {
    const { signal } = placed;
    const mine = needs.filter((index) => rule.needs[index] !== undefined && meets(rule.needs[index], signal));
    const key = mine.length === 0 ? undefined : keyOf(rule, signal);
    if (key === undefined) return undefined;
    const waiting = waitingOf(kept, rule, signal.space, key);
    const at = Math.min(signal.at, now);
    if (waiting.said !== undefined && at - waiting.said <= rule.withinMs) {
      waiting.said = Math.max(waiting.said, at);
      return { rule, space: signal.space, key, signals: [placed], more: true };
    }
    delete waiting.said;
    for (const index of mine) keep(waiting.met[index], placed);
    for (const met of waiting.met) forget(met, at - rule.withinMs);
    if (!isMet(rule, waiting)) return undefined;
    const signals = new Map(waiting.met.flatMap((met) => [...met]));
    waiting.said = at;
    for (const met of waiting.met) met.clear();
    return { rule, space: signal.space, key, signals: [...signals.values()].toSorted((one, other) => one.position - other.position), more: false };
  };
  return {
    take: (placed, now) => wanted(signalName(placed.signal)).flatMap(({ rule, needs }) => takeFor(rule, needs, placed, now) ?? []),
    anew({ rule, space, key, signals }, now) {
      const ofRule = kept.get(`${space}\n${rule.id}`);
      // Several that were told to belong to what is over by now: they are looked at together.
      if (ofRule?.get(key)?.said !== undefined) ofRule.delete(key);
      return signals.flatMap((placed) => takeFor(rule, rule.needs.map((_, index) => index), placed, now) ?? []);
    },
    oldest: (now) => oldestOf(kept, new Map(rules.map(({ id, withinMs }) => [id, withinMs])), now),
  };
}

const NAMES_MAX = 5_000;

/** Used last is kept longest: whoever makes up subjects crowds out what nobody hears of any more. */
function waitingOf(kept: Map<string, Map<string, Waiting>>, rule: IncidentRule, space: string, key: string): Waiting {
  const name = `${space}\n${rule.id}`;
  const ofRule = kept.get(name) ?? new Map<string, Waiting>();
  kept.set(name, ofRule);
  const waiting = ofRule.get(key) ?? { met: rule.needs.map(() => new Map<string, Placed>()) };
  ofRule.delete(key);
  ofRule.set(key, waiting);
  const [first] = ofRule.keys();
  if (first !== undefined && ofRule.size > LIMITS.correlatorSubjectsMax) ofRule.delete(first);
  return waiting;
}

/** The first is kept, for where a rule has an order; of the others the latest. */
function keep(met: Map<string, Placed> | undefined, placed: Placed): void {
  if (met === undefined) return;
  met.set(placed.signal.id, placed);
  if (met.size <= LIMITS.correlatorSignalsMax) return;
  const [, second] = met.keys();
  if (second !== undefined) met.delete(second);
}

function forget(met: Map<string, Placed>, before: number): void {
  for (const [id, { signal }] of met) if (signal.at < before) met.delete(id);
}

function oldestOf(kept: Map<string, Map<string, Waiting>>, within: ReadonlyMap<string, number>, now: number): number | undefined {
  let first: number | undefined;
  for (const [name, ofRule] of kept) {
    const before = now - (within.get(name.slice(name.indexOf('\n') + 1)) ?? 0);
    for (const [key, { met, said }] of ofRule) {
      for (const one of met) {
        forget(one, before);
        for (const { position } of one.values()) if (first === undefined || position < first) first = position;
      }
      if (met.every(({ size }) => size === 0) && (said ?? 0) < before) ofRule.delete(key);
    }
  }
  return first;
}

function isMet({ needs, ordered }: IncidentRule, { met }: Waiting): boolean {
  if (!needs.every(({ count = 1 }, index) => (met[index]?.size ?? 0) >= count)) return false;
  if (ordered !== true) return true;
  let from = -1;
  for (const one of met) {
    const next = [...one.values()].filter(({ position }) => position >= from).map(({ position }) => position);
    if (next.length === 0) return false;
    from = Math.min(...next);
  }
  return true;
}
