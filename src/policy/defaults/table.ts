import { isArray, isObject, type Json } from '../../domain/json.ts';
import type { PolicySource } from '../compile.ts';
import { INSPECTION } from './inspection.ts';

/** How the ids of the policies that ship begin. */
const DEFAULT_POLICY_ID = 'default/';

/** The policies that are in force where nobody says otherwise: plain Cedar, as anybody could write it. */
export const DEFAULT_POLICIES: readonly PolicySource[] = [INSPECTION];

/** A decision program without them: what a company's own policies give, whatever is found on the way. */
export function withoutDefaults(program: Json): Json {
  if (!isObject(program) || !isArray(program['policies'])) return program;
  return { ...program, policies: program['policies'].filter((policy) => !isDefault(policy)) };
}

function isDefault(policy: Json): boolean {
  return isObject(policy) && typeof policy['id'] === 'string' && policy['id'].startsWith(DEFAULT_POLICY_ID);
}
