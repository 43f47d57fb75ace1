import type { Obligation } from '../../domain/decision.ts';
import { SallyportError, type ErrorCode } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { RecordEvent } from '../../domain/record.ts';
import { explainDecision } from '../../policy/explain.ts';
import { viewFor } from '../audit/people.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';

/** The records that tell a decision. `result.delivered` repeats the policies of the one that let the call begin. */
const DECISIONS: readonly (Json | undefined)[] =
  ['call.permitted', 'call.denied', 'message.permitted', 'message.denied', 'result.withheld'] satisfies readonly RecordEvent[];

/** Why one recorded exchange was decided as it was, in words. Throws `ERR_NOT_FOUND`. */
export async function explainExchange(control: Control, admin: Admin, space: string, exchange: string): Promise<Json> {
  const { entries } = await control.ledger.query({ space, exchange, order: 'oldest' });
  const decided = entries.map(({ record }) => record).filter((record) => DECISIONS.includes(record['event']));
  if (decided.length === 0) {
    throw new SallyportError(
      'ERR_NOT_FOUND', 'there is no decision of such an exchange in this space',
      { remedy: 'The id of an exchange is in its denial and in `sallyport audit query`.' },
    );
  }
  const view = await viewFor(control, admin, space, false);
  return { exchange, decisions: decided.map((record) => explainRecord(view(record), control)) };
}

/** Where the arguments came from, as policy knew it. */
function provenanceIn(request: Json | undefined): Json | undefined {
  const context = isObject(request) ? request['context'] : undefined;
  return isObject(context) ? context['provenance'] : undefined;
}

function explainRecord(record: JsonObject, { compiler }: Control): Json {
  const { event, policies, at, principal, agent, action, server, tool, code, reason, snapshot, findings, request } = record;
  const names = isArray(policies) ? policies.filter((name) => typeof name === 'string') : [];
  const allowed = typeof event === 'string' && event.endsWith('.permitted');
  const errors = code === 'ERR_POLICY_ERROR' && typeof reason === 'string' ? [reason] : [];
  const explanation = explainDecision(
    { outcome: allowed ? 'allow' : 'deny', policies: names, obligations: gatesOf(record['detail']), errors }, compiler.compiled?.policies ?? new Map(),
  );
  const watching = shadowOf(record['detail']);
  const facts = { event, at, principal, agent, action, server, tool, code, reason, snapshot, findings, provenance: provenanceIn(request) };
  return {
    ...Object.fromEntries(Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))),
    summary: allowed || isPolicyCode(code) ? explanation.summary : `Not policy: ${typeof reason === 'string' ? reason : 'it was refused'}`,
    policies: explanation.policies.map((policy): Json => ({ ...policy })),
    ...(watching.length === 0 ? {} : { shadow: watching }),
  };
}

/** Kill switches, revocations and pins refuse what policy may well allow; their own reason is the answer then. */
function isPolicyCode(code: Json | undefined): boolean {
  return code === undefined || POLICY_CODES.includes(code);
}

const POLICY_CODES: readonly Json[] =
  ['ERR_POLICY_DENIED', 'ERR_POLICY_ERROR', 'ERR_OBLIGATION_UNKNOWN', 'ERR_RATE_LIMITED', 'ERR_LIMIT_BULK'] satisfies readonly ErrorCode[];

/** Policies that only watch, and would have matched. */
export function shadowOf(detail: Json | undefined): readonly string[] {
  const told = isObject(detail) && isArray(detail['shadow']) ? detail['shadow'] : [];
  return told.filter((id) => typeof id === 'string');
}

/** The gates that stood in the way, met or not. */
function gatesOf(detail: Json | undefined): readonly Obligation[] {
  const gates = isObject(detail) && isArray(detail['gates']) ? detail['gates'].filter(isObject) : [];
  return gates.map(({ kind, value, policy }) => ({ kind: textOf(kind), value: textOf(value), policy: textOf(policy) }));
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
