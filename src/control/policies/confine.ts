import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { digestOfText, parsePolicy } from '../../policy/parse.ts';
import type { Chunk } from '../../policy/split.ts';
import { splitPolicies } from '../../policy/split.ts';
import { isAdministrative } from '../../policy/vocabulary.ts';

/**
 * A space's policies, each made to hold for that space alone: whatever its author wrote, a `permit` of one team must not
 * open another team's servers, and its `@id` must not collide with another team's. The clause is added at each policy's
 * end, so that lines stay. A forbid of the default space that says `@scope("organisation")` holds for every space, and
 * so does what it forbids of administration.
 */
export function confineToSpace(file: string, text: string, space: string): string {
  const clause = ` when { resource.space == ${JSON.stringify(space)} }`;
  const starts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  let confined = '';
  let done = 0;
  for (const policy of splitPolicies(file, text)) {
    const start = (starts[policy.line - 1] ?? 0) + policy.column - 1;
    const end = start + policy.text.length;
    // One without its semicolon does not parse; it is left as it is for the compiler to say so.
    if (text[end - 1] !== ';' || isOrganisations(policy, space)) continue;
    confined += `${text.slice(done, start)}${nameIn(space, text.slice(start, end - 1))}${clause};`;
    done = end;
  }
  return confined + text.slice(done);
}

/**
 * Whether a policy is the whole organisation's. Only a `forbid` of the default space can be: no team can widen or narrow what
 * is another's. Throws `ERR_POLICY_INVALID` for one that claims more.
 */
export function isOrganisations(chunk: Chunk, space: string): boolean {
  // Most policies name neither, and parsing is what costs; an escaped spelling of an annotation's name there is none.
  if (!/scope|admin/.test(chunk.text)) return false;
  const { draft } = parsePolicy(chunk, digestOfText(chunk.text));
  const scope = draft?.annotations['scope'];
  const administers = isAdministrative(draft?.actions ?? null);
  if (draft === undefined || (scope === undefined && !administers)) return false;
  if (space !== DEFAULT_SPACE) throw refusal('only policies of the default space can be about the organisation or its administration');
  if (scope !== undefined && scope !== 'organisation') throw refusal('@scope is "organisation" or absent');
  if (draft.effect !== 'forbid') throw refusal('a policy of the whole organisation can only forbid');
  return true;
}

function refusal(message: string): SallyportError {
  return new SallyportError('ERR_POLICY_INVALID', message, { remedy: 'Write it without @scope, for its own space; or as a forbid of the default space.' });
}

/** The default space's ids stay as they are: records of the time when there was no other space go on naming them. */
function nameIn(space: string, policy: string): string {
  if (space === DEFAULT_SPACE) return policy;
  return policy.replace(/^((?:\s*@\w+(?:\s*\((?:[^"()]|"(?:\\.|[^"\\])*")*\))?)*?\s*@id\s*\(\s*")/, `$1${space}/`);
}
