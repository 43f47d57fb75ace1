import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { splitPolicies } from '../../policy/split.ts';

/**
 * A space's policies, each made to hold for that space alone: whatever its author wrote, a `permit` of one team must not
 * open another team's servers, and its `@id` must not collide with another team's. The clause is added at each policy's
 * end, so that lines stay.
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
    if (text[end - 1] !== ';') continue;
    confined += `${text.slice(done, start)}${nameIn(space, text.slice(start, end - 1))}${clause};`;
    done = end;
  }
  return confined + text.slice(done);
}

/** The default space's ids stay as they are: records of the time when there was no other space go on naming them. */
function nameIn(space: string, policy: string): string {
  if (space === DEFAULT_SPACE) return policy;
  return policy.replace(/^((?:\s*@\w+(?:\s*\((?:[^"()]|"(?:\\.|[^"\\])*")*\))?)*?\s*@id\s*\(\s*")/, `$1${space}/`);
}
