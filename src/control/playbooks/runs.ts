import { SallyportError } from '../../domain/errors.ts';
import type { Playbooks } from '../../incident/playbook/progress.ts';
import { readPlaybook } from '../../incident/playbook/read.ts';
import type { Control } from '../control.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { needStored, putStored } from '../stored.ts';
import type { Signing } from './library.ts';
import { needOurs } from './library.ts';
import type { PlaybookRun } from './schema.ts';

const BY = 'sallyport|control';

export async function needRun({ store }: Pick<Control, 'store'>, space: string, id: string): Promise<PlaybookRun> {
  return (await needStored(store, 'playbook-run', space, id)).body;
}

/** The texts that a run keeps to: what was signed when it was started, whatever was imported since. Throws `ERR_PLAYBOOK_SIGNATURE`. */
export async function textsOf({ store }: Pick<Control, 'store'>, run: PlaybookRun, signing: Signing): Promise<Playbooks> {
  const read = await Promise.all(run.texts.map(async (digest) => readPlaybook((await needStored(store, 'playbook-text', DEFAULT_SPACE, digest)).body.text)));
  return new Map(read.map((playbook) => [needOurs(playbook, signing).id, playbook]));
}

/**
 * Changes a run as it is at that moment, whoever else changes it too. Nothing goes on in one that is over. `undefined` from `change`
 * leaves it as it is.
 */
export async function changeRun(
  { store }: Pick<Control, 'store'>, space: string, id: string, change: (run: PlaybookRun) => PlaybookRun | undefined,
): Promise<PlaybookRun> {
  return store.transaction(async (rows) => {
    const { body } = await needStored(rows, 'playbook-run', space, id);
    if (body.endedAt !== undefined) throw over();
    const next = change(body);
    if (next === undefined) return body;
    await putStored(rows, 'playbook-run', space, id, next, BY);
    return next;
  });
}

function over(): SallyportError {
  return new SallyportError('ERR_PLAYBOOK_STATE', 'this run is over', { remedy: 'Start the playbook again: sallyport incident playbook run.' });
}
