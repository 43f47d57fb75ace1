import type { Decision } from '../domain/decision.ts';
import type { CompiledPolicy } from './compile.ts';
import { CEILING_ID } from './ceiling.ts';
import { ANSWER_PERMIT_ID, REGISTRY_PERMIT_ID } from './engine.ts';

export interface Explanation {
  /** One plain sentence. */
  readonly summary: string;
  /** The determining policies, with their text and place; a policy that is gone since has neither. */
  readonly policies: readonly { readonly id: string; readonly words: string; readonly place?: string; readonly text?: string }[];
}

/** Why a decision came out as it did, in words: for `policy explain` of a recorded exchange. */
export function explainDecision(decision: Decision, policies: ReadonlyMap<string, CompiledPolicy>): Explanation {
  return { summary: summarize(decision), policies: decision.policies.map((id) => describe(id, policies.get(id))) };
}

function summarize({ outcome, policies, obligations, errors }: Decision): string {
  const [firstError] = errors;
  if (firstError !== undefined) return `Denied, because a condition could not be judged and every such error denies: ${errors.join('; ')}.`;
  const met = [...new Set(obligations.map(({ kind, value }) => (value === '' ? kind : `${kind} (${value})`)))].join(', ');
  if (outcome === 'allow') return met === '' ? `Allowed by ${listed(policies)}.` : `Allowed by ${listed(policies)}, with ${met}.`;
  const over = policies.find((id) => id.startsWith(CEILING_ID));
  if (over !== undefined) return `Denied, because it is beyond the ceiling of the agent ${over.slice(CEILING_ID.length)}, whatever policy permits.`;
  if (policies.length === 0) return 'Denied, because no policy permits it (what nobody permits is denied).';
  if (met !== '') return `Denied by ${listed(policies)} until met: ${met}.`;
  return `Denied, because ${listed(policies)} forbids it; a forbid stands above every permit.`;
}

function listed(ids: readonly string[]): string {
  return ids.join(', ');
}

function describe(id: string, policy: CompiledPolicy | undefined): Explanation['policies'][number] {
  if (id === ANSWER_PERMIT_ID) return { id, words: 'built in: what was permitted to be asked may be answered, unless a policy forbids' };
  if (id === REGISTRY_PERMIT_ID) return { id, words: 'built in: the registry may connect to servers, list what they have, and read the pages of their apps' };
  if (id.startsWith(CEILING_ID)) return { id, words: 'what this agent was registered for; see: sallyport agent show' };
  if (policy === undefined) return { id, words: 'a policy that is no longer in force' };
  const reason = /@reason\("((?:\\.|[^"\\])*)"\)/.exec(policy.text)?.[1];
  const expires = /@expires\("([^"]*)"\)/.exec(policy.text)?.[1];
  const origin = originOf(id);
  const remarks = [reason === undefined ? '' : `because: ${reason}`, expires === undefined ? '' : `until ${expires}`];
  const words = [origin, ...remarks].filter((part) => part !== '').join('; ');
  return { id, words, place: `${policy.file}:${policy.line}:${policy.column}`, text: policy.text };
}

const ORIGINS: Readonly<Record<string, string>> = {
  role: 'a role of sallyport.yaml', exception: 'an exception', learn: 'a learning period', suggested: 'suggested from observed calls',
};

function originOf(id: string): string {
  const [head = ''] = id.split(':');
  return Object.hasOwn(ORIGINS, head) ? (ORIGINS[head] ?? '') : 'a written policy';
}
