import { randomUUID } from 'node:crypto';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { strictOf } from '../../flow/provenance/strict.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored, putStored } from '../stored.ts';
import type { Approval } from './words.ts';

/**
 * Where people let a call go to, calls of the same context may go to by the same tool for a while: positive provenance by an earlier
 * approval. Only what its approvers were shown as a destination counts, exactly as it is written, and only while the context carries
 * nothing more confidential than they were told of. Gives the digests for the record.
 */
export async function endorseDestinations(
  { flowDigest, now }: Pick<Control, 'flowDigest' | 'now'>, rows: Rows, { id, space, body }: Approval, params: JsonObject,
): Promise<readonly string[]> {
  const { provenance, flow, action, resource, words, labels } = body;
  if (provenance === undefined || action !== 'call_tool') return [];
  const shown = (provenance.places ?? []).filter(({ destination }) => destination !== undefined && destination !== 'trusted');
  const values = shown.map(({ at }) => valueAt(params['arguments'] ?? null, at)).filter((value) => typeof value === 'string');
  const forms = new Set(values.flatMap((value) => strictOf(value)?.form ?? []));
  const context = forms.size === 0 ? undefined : await findStored(rows, 'context', space, flow);
  if (context === undefined) return [];
  const valid = (context.body.passes ?? []).filter(({ until }) => until > now());
  // What no longer fits is asked for again.
  const digests = [...forms].map((form) => flowDigest(form)).slice(0, Math.max(0, LIMITS.flowPassesMax - valid.length));
  const by = words.at(-1)?.by ?? '';
  // An answer to the call itself is rarely public; from `confidential` on policies that ship ask whether it may go anywhere at all.
  const upTo = labels.confidentiality === 'public' ? 'internal' : labels.confidentiality;
  const passes = digests.map((digest) => ({
    kind: 'endorse' as const, id: randomUUID(), digest, sink: `${resource.server}/${resource.name}`, until: now() + LIMITS.approvalMs, by,
    reason: `approval ${id}`, upTo,
  }));
  await putStored(rows, 'context', space, flow, { ...context.body, passes: [...valid, ...passes] }, by);
  return digests;
}

function valueAt(json: Json, pointer: string): Json | undefined {
  return pointer.split('/').slice(1).reduce<Json | undefined>((at, part) => {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isArray(at)) return at[Number(name)];
    return isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }, json);
}
