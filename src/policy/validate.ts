import type { ValidationError } from './cedar.ts';
import { askCedar } from './cedar.ts';
import type { Problem } from './diagnostic.ts';
import type { Slice } from './schema.ts';
import { buildSchema } from './schema.ts';
import { unitOffset } from './split.ts';

/** Validates policies (texts by a key of the caller's) strictly against one slice of the schema. Problems by key. */
export function validatePolicies(texts: ReadonlyMap<string, string>, slice: Slice | undefined): ReadonlyMap<string, readonly Problem[]> {
  const schema = JSON.parse(JSON.stringify(buildSchema(slice)));
  const answer = askCedar((cedar) => cedar.validate({ schema, policies: { staticPolicies: Object.fromEntries(texts) } }));
  if (answer?.type !== 'success') {
    const message = answer === undefined ? 'Cedar could not digest the policies' : (answer.errors[0]?.message ?? 'the schema is invalid');
    const problem: Problem = { code: 'ERR_POLICY_INVALID', message, remedy: 'simplify the policy, or the pinned schema of its tool' };
    return new Map([...texts.keys()].map((key) => [key, [problem]]));
  }
  const problems = new Map<string, Problem[]>();
  const note = (error: ValidationError, isWarning: boolean): void => {
    const problem = problemOf(texts.get(error.policyId) ?? '', error, isWarning);
    const kept = problems.get(error.policyId);
    if (kept === undefined) problems.set(error.policyId, [problem]);
    else kept.push(problem);
  };
  for (const error of answer.validationErrors) note(error, false);
  for (const warning of answer.validationWarnings) note(warning, true);
  return problems;
}

function problemOf(text: string, { error }: ValidationError, isWarning: boolean): Problem {
  const [place] = error.sourceLocations ?? [];
  const message = error.message.replace(/(?:for|in) policy `[^`]*`,? ?/, '');
  const never = /policy is impossible|unable to find an applicable action/.test(message);
  const help = error.help?.replace(/(?:for|in) policy `[^`]*`,? ?/, '');
  return {
    // A policy that can never match is refused; Cedar's other warnings (mixed scripts, look-alikes) stay warnings.
    ...(isWarning && !never ? { severity: 'warning' as const } : {}),
    code: never ? 'ERR_POLICY_NEVER_MATCHES' : 'ERR_POLICY_INVALID',
    message,
    remedy: remedyFor(message) ?? help ?? 'compare values of one type, and read only what the schema has for this action and resource',
    ...(place === undefined ? {} : { at: unitOffset(text, place.start) }),
  };
}

function remedyFor(message: string): string | undefined {
  if (message.includes('unable to find an applicable action')) return 'name an action that can be asked of this kind of resource';
  if (message.includes('policy is impossible')) return 'correct the condition, or remove the policy: it is false for every request';
  if (message.includes('decimal') && /expected|compatible/.test(message)) {
    return 'numbers in arguments are decimals: write .lessThan(decimal("100.0")) or == decimal("100.0")';
  }
  return undefined;
}
