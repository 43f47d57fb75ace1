import type { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import type { Bound } from '../../vault/seal.ts';
import type { Control } from '../control.ts';
import { findStored, listStored, putStored, type Stored } from '../stored.ts';
import type { Keep, QUARANTINED, TAKE } from './schema.ts';

export type Quarantined = Stored<z.output<typeof QUARANTINED>>;

type Keeping = Pick<Control, 'store' | 'now' | 'vault'>;

const BY = 'sallyport|control';

/** Keeps an answer that policy withholds for a person. What nobody looked at in time is forgotten. Throws `ERR_BUSY`: there is no room. */
export async function keepQuarantined({ store, now, vault }: Keeping, { space, answer, ...what }: Keep): Promise<Json> {
  const at = now();
  const id = Bun.randomUUIDv7();
  const sealed = await Promise.all(partsOf(answer).map((part, index) => vault.sealer.seal(placeOf(space, id, index), part)));
  return store.transaction(async (rows) => {
    const kept = await listStored(rows, 'quarantined', space);
    const past = kept.filter(({ body }) => body.expiresAt <= at);
    for (const one of past) await rows.delete('quarantined', space, one.id, { by: BY });
    if (kept.length - past.length >= LIMITS.quarantinedMax) {
      throw new SallyportError('ERR_BUSY', 'the quarantine is full', { remedy: 'Release or drop what is in it: sallyport quarantine list.' });
    }
    await putStored(rows, 'quarantined', space, id, { ...what, sealed, state: 'held', at, expiresAt: at + LIMITS.quarantineMs }, BY);
    return { id, expiresAt: at + LIMITS.quarantineMs };
  });
}

/** Gives what was released to the call that it belongs to, once; what is held or gone is not given. */
export async function takeQuarantined({ store, now, vault }: Keeping, { space, id, digest }: z.infer<typeof TAKE>): Promise<Json> {
  return store.transaction(async (rows) => {
    const found = await findStored(rows, 'quarantined', space, id);
    if (found === undefined || found.body.digest !== digest || found.body.expiresAt <= now()) return { state: 'gone' };
    const { sealed, ...rest } = found.body;
    if (rest.state !== 'released' || sealed === undefined) return { state: rest.state };
    await putStored(rows, 'quarantined', space, id, { ...rest, state: 'taken' }, BY);
    return { state: 'released', answer: await openAnswer(vault, space, id, sealed) };
  });
}

/** As many characters as always fit into what is sealed at once, whatever they are. */
const PART_CHARS = LIMITS.secretBytesMax / 4;

/** No pair of surrogates is torn apart: half of one is no text. */
function partsOf(answer: string): readonly string[] {
  const parts: string[] = [];
  for (let from = 0; from < answer.length || from === 0;) {
    const end = from + PART_CHARS;
    const to = end < answer.length && /[\ud800-\udbff]/.test(answer.charAt(end - 1)) ? end - 1 : end;
    parts.push(answer.slice(from, to));
    from = to;
  }
  return parts;
}

function placeOf(space: string, id: string, index: number): Bound {
  return ['quarantined', space, id, String(index)];
}

/** The answer as it came. Throws `ERR_VAULT_*`. */
export async function openAnswer({ sealer }: Keeping['vault'], space: string, id: string, sealed: readonly string[]): Promise<string> {
  return (await Promise.all(sealed.map((part, index) => sealer.open(placeOf(space, id, index), part)))).join('');
}

/** What is held is released or dropped, on record first. Throws `ERR_CONFLICT` where somebody did so before. */
export async function endQuarantine(
  { now, record }: Pick<Control, 'now' | 'record'>, rows: Rows, { id, space, body }: Quarantined, state: 'released' | 'dropped',
  who: { readonly by: string; readonly reason: string },
): Promise<void> {
  if (body.state !== 'held' || body.expiresAt <= now()) {
    const word = body.expiresAt <= now() ? 'no longer kept' : body.state;
    throw new SallyportError('ERR_CONFLICT', `that answer is ${word}`, { remedy: 'See what is held: sallyport quarantine list.' });
  }
  const { context, server, agent, exchange } = body;
  await record({
    event: state === 'released' ? 'quarantine.released' : 'quarantine.dropped', space, principal: who.by, reason: who.reason, exchange, context, server,
    detail: { id, resource: 'quarantined', agent, of: body.principal },
  });
  const { sealed, ...rest } = body;
  const kept = state === 'released' && sealed !== undefined ? { sealed } : {};
  await putStored(rows, 'quarantined', space, id, { ...rest, ...kept, state, end: { by: who.by, at: now(), reason: who.reason } }, who.by);
}
