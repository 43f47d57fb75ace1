import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { RUNNER_SHAPE } from '../../registry/sandbox-shape.ts';
import type { RunnerShape } from '../../registry/sandbox-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

const ID = 'runner';

/** What the manifest of the default space accepts of machines that run local servers. */
export async function readRunner(rows: Rows): Promise<RunnerShape> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return RUNNER_SHAPE.parse(row?.body ?? {});
}

/** Whether anything changed. Throws `ERR_CONFIG_INVALID`: a server without a sandbox is next to those of every space. */
export async function writeRunner(rows: Rows, space: string, runner: RunnerShape, by: string): Promise<boolean> {
  const isNone = Object.keys(runner).length === 0;
  if (space !== DEFAULT_SPACE) {
    if (isNone) return false;
    throw new SallyportError('ERR_CONFIG_INVALID', `runner is the installation's, not the space ${space}'s`, { remedy: 'Set it in the default space.' });
  }
  if (Bun.deepEquals(await readRunner(rows), runner)) return false;
  await (isNone ? rows.delete('setting', space, ID, { by }) : rows.put('setting', space, ID, decodeJson(JSON.stringify(runner)), { by }));
  return true;
}
