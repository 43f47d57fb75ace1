import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Control } from '../control.ts';
import { readDetect } from './settings.ts';

export const JUDGE_SECRET = z.strictObject({ space: z.string().min(1).max(100) });

/**
 * The secret by which gateways ask the judge that a space has outside: `{value}`. Only what the settings of that space name. Throws
 * `ERR_NOT_FOUND`, and what reading the secret throws.
 */
export async function releaseJudgeSecret(
  { store, vault, record }: Pick<Control, 'store' | 'vault' | 'record'>, { space }: z.infer<typeof JUDGE_SECRET>,
): Promise<JsonObject> {
  const { remote } = await readDetect(store, space);
  if (remote?.secret === undefined) throw new SallyportError('ERR_NOT_FOUND', 'this space asks no judge by a secret');
  const { value } = await vault.read(space, remote.secret);
  await record({ event: 'credential.released', space, detail: { judge: new URL(remote.url).origin, secret: remote.secret, kind: 'judge' } });
  return { value };
}
