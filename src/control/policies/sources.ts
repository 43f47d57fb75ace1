import type { PolicySource } from '../../policy/compile.ts';
import type { Rules } from '../snapshot/configuration.ts';
import { confineToSpace } from './confine.ts';

/** All that policy is compiled from, every piece confined to its space. */
export function policySources(rules: Rules): readonly PolicySource[] {
  return rules.policies.map(({ space, body }) => ({ file: body.file, text: confineToSpace(body.file, body.source, space) }));
}
