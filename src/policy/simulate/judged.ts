import type { Obligation } from '../../domain/decision.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { isGate, isTransform } from '../obligations.ts';
import type { Settled } from './settle.ts';

/** What policy said of a message: `gated` is a denial that its gates lift. */
export interface Judged {
  readonly outcome: 'allow' | 'gated' | 'deny';
  /** Ids of the deciding policies, in order. */
  readonly policies: readonly string[];
  /** `<kind>:<value> (<policy>)`, in order. */
  readonly gates: readonly string[];
  readonly transforms: readonly string[];
}

export interface Simulated extends Judged {
  /** Whether policies and obligations are known, and not the outcome alone. */
  readonly exact: boolean;
  readonly shadow: readonly string[];
  /** Those of the first decision that waits: of a message that was refused its record has no others. */
  readonly firstGates: readonly string[];
  /** The gates as they are, for what is not asked of an answer again. */
  readonly met: readonly Obligation[];
}

export interface Recorded extends Judged {
  /** Whether it went on in the end: its gates were met, and nothing else stood in the way. */
  readonly passed: boolean;
  /** What else refused it: a limit, an approval that was not given, a kill switch, a pin. */
  readonly code?: string;
}

/** Refusals that are policy's own word and not that something else stood in the way. */
const BY_POLICY: ReadonlySet<string> = new Set(['ERR_POLICY_DENIED', 'ERR_POLICY_ERROR', 'ERR_PROOF_REQUIRED', 'ERR_INSPECTION_INCOMPLETE']);

/** What policy said, out of the record of it. */
export function recordedJudgement({ event, code, policies = [], detail }: JournalRecord): Recorded {
  const told: JsonObject = isObject(detail) ? detail : {};
  const [gates, transforms] = [wordsOf(told['gates']), wordsOf(told['transforms'])];
  const passed = event.endsWith('.permitted') || event === 'result.delivered';
  const refused = !passed && gates.length === 0 && code !== undefined && BY_POLICY.has(code);
  const outcome = refused ? 'deny' : gates.length > 0 ? 'gated' : 'allow';
  return { outcome, policies: sorted(policies), gates, transforms, passed, ...(code === undefined ? {} : { code }) };
}

/**
 * What the decisions of one message come to together, as the gateway puts them together (`guard.ts`): a denial that nothing lifts stands
 * above all, then the gates of all. Undefined: one that matters is not known.
 */
export function combined(decisions: readonly Settled[]): Simulated | undefined {
  const known = decisions.flatMap((one) => (one === undefined ? [] : [judgedOf(one)]));
  const denied = known.find(({ outcome }) => outcome === 'deny');
  const isWhole = known.length === decisions.length;
  if (denied !== undefined) return isWhole ? denied : { ...denied, exact: false };
  const [first] = known;
  if (!isWhole || first === undefined) return undefined;
  const gated = known.filter(({ outcome }) => outcome === 'gated');
  const [firstGated] = gated;
  const exact = known.every((one) => one.exact);
  if (firstGated === undefined) return { ...first, exact };
  return { ...firstGated, exact, gates: sorted(gated.flatMap(({ gates }) => gates)), met: gated.flatMap(({ met }) => met) };
}

/** A policy whose gates were met for the call does not stand before its answer again. */
export function lifted(is: Simulated | undefined, before: readonly Obligation[]): Simulated | undefined {
  if (is?.outcome !== 'gated' || before.length === 0) return is;
  const met = is.met.filter(({ kind, policy }) => !before.some((gate) => gate.kind === kind && gate.policy === policy));
  const gates = sorted(met.map(wordOf));
  return { ...is, met, gates, firstGates: gates, outcome: met.length > 0 ? 'gated' : 'allow' };
}

function judgedOf({ outcome, policies, obligations, errors, shadow = [], exact }: NonNullable<Settled>): Simulated {
  const met = obligations.filter(({ kind }) => isGate(kind));
  const isGated = outcome === 'deny' && errors.length === 0 && met.length > 0;
  const transforms = obligations.filter(({ kind }) => isTransform(kind));
  const isDenied = outcome === 'deny' && !isGated;
  const gates = isGated ? sorted(met.map(wordOf)) : [];
  return {
    outcome: isDenied ? 'deny' : isGated ? 'gated' : 'allow', policies: sorted(policies), shadow, exact,
    gates, firstGates: gates, met: isGated ? met : [], transforms: isDenied ? [] : sorted(transforms.map(wordOf)),
  };
}

/** What happens to a message under another snapshot. `reasons`: the same, by other policies. */
export const CHANGES = ['denied', 'permitted', 'obligations', 'reasons'] as const;
export type Change = (typeof CHANGES)[number];

/** Undefined: nothing changes. What something else refused stays refused, whatever policy would say. */
export function changeOf(was: Recorded, is: Simulated): Change | undefined {
  if (was.outcome === 'deny') return is.outcome === 'deny' ? reasons(was, is) : is.outcome === 'allow' ? 'permitted' : 'obligations';
  if (is.outcome === 'deny') return was.passed ? 'denied' : was.outcome === 'gated' ? 'obligations' : 'reasons';
  if (was.outcome === 'gated' && is.outcome === 'allow' && !was.passed && isGateCode(was.code)) return 'permitted';
  if (!is.exact) return was.outcome === is.outcome ? undefined : 'obligations';
  const isSame = was.outcome === is.outcome && equal(was.gates, was.passed ? is.gates : is.firstGates) && equal(was.transforms, is.transforms);
  return isSame ? reasons(was, is) : 'obligations';
}

/** Without its gates nothing else stood in its way. */
function isGateCode(code = ''): boolean {
  return /^ERR_(?:APPROVAL_|RATE_LIMITED$|LIMIT_BULK$|QUARANTINED$)/.test(code);
}

function reasons(was: Judged, is: Simulated): Change | undefined {
  return !is.exact || equal(was.policies, is.policies) ? undefined : 'reasons';
}

function equal(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, at) => word === other[at]);
}

function wordsOf(value: Json | undefined): readonly string[] {
  const all = isArray(value) ? value.filter(isObject) : [];
  return sorted(all.map(({ kind, value: of, policy }) => wordOf({ kind: textOf(kind), value: textOf(of), policy: textOf(policy) })));
}

function wordOf({ kind, value, policy }: Obligation): string {
  return `${kind}${value === '' ? '' : `:${value}`} (${policy})`;
}

function sorted(words: readonly string[]): readonly string[] {
  return [...new Set(words)].toSorted();
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
