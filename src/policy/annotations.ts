import type { Problem } from './diagnostic.ts';
import { ONLY, type OnlyAs, type ProgramPolicy } from './program.ts';

/** An obligation that the gateway can meet. A gate stands on a forbid and lifts it when met; a transform stands on a permit. */
export interface ObligationKind {
  readonly kind: string;
  readonly on: 'forbid' | 'permit';
  /** `pattern` of the value; absent: the annotation has no value. */
  readonly value?: RegExp;
  /** An example of use, for the remedy. */
  readonly example: string;
}

/** Annotations that only people read. */
const REMARKS: ReadonlySet<string> = new Set(['id', 'reason', 'owner', 'approver', 'expires', 'source', 'ticket', 'scope', 'only']);

/** How far a policy holds, where it says so. Pushes a problem for what it can't be. */
export function readOnly(effect: 'permit' | 'forbid', annotations: Readonly<Record<string, string>>, problems: Problem[]): OnlyAs | undefined {
  const value = annotations['only'];
  const only = ONLY.find((one) => one === value);
  if (value === undefined || only === 'shadow' || (only === 'transforms' && effect === 'permit')) return only;
  problems.push({ code: 'ERR_POLICY_INVALID', message: '@only says what a policy does not hold by',
    remedy: 'write @only("shadow"), or @only("transforms") on a permit' });
  return undefined;
}

/** The obligations that a policy's annotations name. Pushes a problem for each that is unknown or out of place. */
export function readObligations(
  effect: 'permit' | 'forbid',
  annotations: Readonly<Record<string, string>>,
  known: readonly ObligationKind[],
  problems: Problem[],
): ProgramPolicy['obligations'] {
  const found: { readonly kind: string; readonly value: string }[] = [];
  for (const [name, value] of Object.entries(annotations)) {
    if (REMARKS.has(name)) continue;
    const obligation = known.find(({ kind }) => kind === name);
    const problem = obligation === undefined ? unknownAnnotation(name, known) : misuse(obligation, effect, value);
    if (problem === undefined) found.push({ kind: name, value });
    else problems.push(problem);
  }
  return found;
}

function unknownAnnotation(name: string, known: readonly ObligationKind[]): Problem {
  const kinds = known.map(({ example }) => example).join(', ') || 'none here';
  return {
    code: 'ERR_OBLIGATION_UNKNOWN',
    message: `@${name} is no obligation that the gateway can meet`,
    remedy: `known obligations: ${kinds}; remarks: ${[...REMARKS].map((remark) => `@${remark}`).join(', ')}`,
  };
}

function misuse({ kind, on, value: pattern, example }: ObligationKind, effect: 'permit' | 'forbid', value: string): Problem | undefined {
  if (on !== effect) {
    const role = on === 'forbid' ? 'a gate: it lifts the forbid that it stands on' : 'a transform: it stands on a permit';
    return { code: 'ERR_POLICY_INVALID', message: `@${kind} stands on a ${effect}`, remedy: `@${kind} is ${role}; write it on a ${on}` };
  }
  if (pattern === undefined ? value === '' : pattern.test(value)) return undefined;
  return { code: 'ERR_POLICY_INVALID', message: `@${kind} has a value that it does not take`, remedy: `write for example ${example}` };
}
