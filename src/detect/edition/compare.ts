import { createHash } from 'node:crypto';
import shippedRules from '../secrets/rules.json' with { type: 'json' };
import { SHIPPED_MODEL } from '../text-model/weights.ts';
import type { Detection } from './kit.ts';

/** What differs of what detectors are made of: rules by their ids, weights by the beginning of their digest. */
export interface DetectionDifference {
  readonly table: 'secretRules' | 'textModel';
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

const DIGEST_CHARS = 16;
/** What is no rule and counts for all of them. */
const ALLOW = 'allow';

/** In what two editions differ; what one leaves out is as it ships. Parts that are alike are left out. */
export function compareDetection(before: Detection | undefined, after: Detection | undefined): readonly DetectionDifference[] {
  const [old, now] = [rulesOf(before), rulesOf(after)];
  const rules: DetectionDifference = {
    table: 'secretRules', added: [...now.keys()].filter((id) => !old.has(id)), removed: [...old.keys()].filter((id) => !now.has(id)),
    changed: [...now].filter(([id, rule]) => old.has(id) && old.get(id) !== rule).map(([id]) => id),
  };
  const [was, is] = [modelOf(before), modelOf(after)];
  const model: DetectionDifference = { table: 'textModel', added: was === is ? [] : [is], changed: [], removed: was === is ? [] : [was] };
  return [rules, model].filter(({ added, changed, removed }) => added.length + changed.length + removed.length > 0);
}

function rulesOf(detection: Detection | undefined): ReadonlyMap<string, string> {
  const { rules, allow } = detection?.secretRules ?? shippedRules;
  return new Map([...rules.map((rule) => [rule.id, textOf(rule)] as const), [ALLOW, textOf(allow)]]);
}

function modelOf(detection: Detection | undefined): string {
  return createHash('sha256').update(textOf(detection?.textModel ?? SHIPPED_MODEL)).digest('hex').slice(0, DIGEST_CHARS);
}

/** Whatever the order of its members. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'object' && one !== null && !Array.isArray(one)
    ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1))) : one));
}
