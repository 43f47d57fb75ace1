import type { Decision } from '../domain/decision.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Message } from '../domain/message.ts';
import type { Denial, Permit, Verdict } from '../domain/verdict.ts';

/** Why a decision that allowed is refused all the same: the pin drifted, the token ended … */
export interface Objection {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly remedy: string;
}

/**
 * Decision → Permit | Denial. The only place where a `Permit` is made (invariant 1; held by the tidy test).
 * An obligation that nobody here can meet denies (DESIGN part 5): there is none that this gateway knows yet.
 */
export function enforce(message: Message, decision: Decision, hidden: boolean, objection?: Objection): Verdict {
  if (decision.errors.length > 0) {
    return deny(decision, hidden, 'ERR_POLICY_ERROR', 'A policy could not be evaluated for this call.', 'Ask the owner of the policy; the record names it.');
  }
  if (decision.outcome === 'deny') {
    const reason = decision.policies.length === 0 ? 'No policy permits this call.' : 'A policy forbids this call.';
    return deny(decision, hidden, 'ERR_POLICY_DENIED', reason, 'Ask an administrator for access, naming the exchange id.');
  }
  const unmet = decision.obligations[0];
  if (unmet !== undefined) {
    return deny(decision, false, 'ERR_OBLIGATION_UNKNOWN', `The obligation "${unmet.kind}" can't be met here.`, 'Ask the owner of the policy.');
  }
  if (objection !== undefined) return deny(decision, false, objection.code, objection.reason, objection.remedy);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand exists in types only, and this file alone may give it
  return { outcome: 'permit', message, decision } as Permit;
}

/** The same permit with its message in another wire form (era, names, handles): what was decided stays decided. */
export function translate(permit: Permit, message: Message): Permit {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand exists in types only, and this file alone may give it
  return { outcome: 'permit', message, decision: permit.decision } as Permit;
}

function deny(decision: Decision, hidden: boolean, code: ErrorCode, reason: string, remedy: string): Denial {
  return { outcome: 'denial', code, reason, remedy, decision, hidden };
}
