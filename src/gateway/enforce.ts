import type { Decision, Obligation } from '../domain/decision.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import type { Denial, Permit, Verdict } from '../domain/verdict.ts';
import { isGate, isTransform } from '../policy/obligations.ts';

/** Why a decision that allowed is refused all the same: the pin drifted, the token ended … */
export interface Objection {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly remedy: string;
  /** Public members of the refusal. */
  readonly data?: JsonObject;
}

/**
 * Decision → Permit | Denial. The only place where a `Permit` is made (invariant 1; held by the tidy test).
 * An obligation that nobody here can meet denies (DESIGN part 5). So do transforms that are not `done` yet: when they are, it is
 * decided anew. Gates that can be met are a denial, too, which `lift` may make a permit: they come last, after everything that
 * refuses without them.
 */
export function enforce(message: Message, decision: Decision, hidden: boolean, objection?: Objection, done: readonly Obligation[] = []): Verdict {
  const verdict = decideOn(message, decision, hidden, objection, done);
  return done.length === 0 ? verdict : { ...verdict, changed: done };
}

function decideOn(message: Message, decision: Decision, hidden: boolean, objection: Objection | undefined, done: readonly Obligation[]): Verdict {
  if (decision.errors.length > 0) {
    return deny(decision, hidden, 'ERR_POLICY_ERROR', 'A policy could not be evaluated for this call.', 'Ask the owner of the policy; the record names it.');
  }
  const isGated = decision.outcome === 'deny' && decision.obligations.length > 0;
  if (decision.outcome === 'deny' && !isGated) {
    const reason = decision.policies.length === 0 ? 'No policy permits this call.' : 'A policy forbids this call.';
    return deny(decision, hidden, 'ERR_POLICY_DENIED', reason, 'Ask an administrator for access, naming the exchange id.');
  }
  const unknown = decision.obligations.find(({ kind }) => !isTransform(kind) && (!isGated || !isGate(kind)));
  if (unknown !== undefined) return unmet(decision, unknown);
  if (objection !== undefined) return { outcome: 'denial', decision, hidden: false, ...objection };
  const transforms = decision.obligations.filter(({ kind, value }) => isTransform(kind) && !done.some((one) => one.kind === kind && one.value === value));
  const [transform] = transforms;
  if (transform !== undefined) return { ...unmet(decision, transform), transforms };
  const gates = decision.obligations.filter(({ kind }) => isGate(kind));
  const [gate] = gates;
  if (gate !== undefined) return { ...unmet(decision, gate), gates };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand exists in types only, and this file alone may give it
  return { outcome: 'permit', message, decision } as Permit;
}

/** A denial behind which only gates stood, all of which were met, as the permit that it is then. */
export function lift(denial: Denial, message: Message, met: ReadonlySet<Obligation>, approval?: string): Verdict {
  const { gates = [], decision, changed } = denial;
  if (gates.length === 0 || !gates.every((gate) => met.has(gate))) return denial;
  const allowed: Decision = { ...decision, outcome: 'allow', obligations: decision.obligations.filter(({ kind }) => !isGate(kind)) };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand exists in types only, and this file alone may give it
  return { outcome: 'permit', message, decision: allowed, met: gates, ...(changed && { changed }), ...(approval === undefined ? {} : { approval }) } as Permit;
}

/** The same permit with its message in another wire form (era, names, handles): what was decided stays decided. */
export function translate(permit: Permit, message: Message): Permit {
  return { ...permit, message };
}

function unmet(decision: Decision, { kind }: Obligation): Denial {
  return deny(decision, false, 'ERR_OBLIGATION_UNKNOWN', `The obligation "${kind}" can't be met here.`, 'Ask the owner of the policy.');
}

function deny(decision: Decision, hidden: boolean, code: ErrorCode, reason: string, remedy: string): Denial {
  return { outcome: 'denial', code, reason, remedy, decision, hidden };
}
