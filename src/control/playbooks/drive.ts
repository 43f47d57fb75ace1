import type { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { httpOf } from '../../incident/playbook/command.ts';
import { mark, needTask, stepOf } from '../../incident/playbook/progress.ts';
import type { Playbooks, Task } from '../../incident/playbook/progress.ts';
import type { Control } from '../control.ts';
import { whoOf } from '../proposals/propose.ts';
import type { Admin } from '../route.ts';
import { endRun, over } from './engine.ts';
import { changeRun, needRun, textsOf } from './runs.ts';
import type { PlaybookRun, STEP } from './schema.ts';

type Step = z.infer<typeof STEP>;

interface By {
  readonly admin: Admin;
  readonly space: string;
  readonly id: string;
}

/**
 * A person's word on one step of a run. From then on the run goes on by their rights: who may not stop things drives nothing that
 * stops. Throws `ERR_PLAYBOOK_STATE` for what the step is not waiting for, `ERR_REQUEST_INVALID` for answers that are missing.
 */
export async function driveStep(control: Control, { admin, space, id }: By, said: Step): Promise<PlaybookRun> {
  const before = await needRun(control, space, id);
  const playbooks = await textsOf(control, before, control.playbooks.signing);
  const { n, what, note } = said;
  const step = stepOf(playbooks, needTask(before.progress, n));
  const isRequest = httpOf(step) !== undefined;
  await changeRun(control, space, id, (run) => {
    needWaiting(needTask(run.progress, n), what, isRequest);
    return { ...run, actor: whoOf(admin, control.now()), may: [...admin.may] };
  });
  if (what === 'go' || what === 'retry') await changeRun(control, space, id, (run) => goOn(run, n, isRequest));
  else {
    const outputs = what === 'done' ? answersOf(step.out_args ?? [], said, playbooks, needTask(before.progress, n)) : {};
    if (what !== 'done' && note === undefined) throw invalid('say why: note');
    await changeRun(control, space, id, (run) => (run.progress.state === 'stopped' ? { ...run, progress: { ...run.progress, state: 'going' } } : undefined));
    const outcome = what === 'skip' ? 'skipped' as const : what;
    await over({ control, space, id, playbooks }, n, { outcome, at: control.now(), by: admin.id, outputs, ...(note === undefined ? {} : { note }) });
  }
  control.playbooks.engine().go(space, id);
  return needRun(control, space, id);
}

/** Ends a run where it is: what it applied stays in force. */
export async function cancelRun(control: Control, { admin, space, id }: By, reason: string): Promise<PlaybookRun> {
  await endRun(control, space, id, 'cancelled', admin.id, reason);
  return needRun(control, space, id);
}

function goOn(run: PlaybookRun, n: number, isRequest: boolean): PlaybookRun {
  return { ...run, progress: { ...mark(run.progress, n, { state: isRequest ? 'ready' : 'waiting' }), state: 'going' } };
}

const TAKES: Readonly<Record<Step['what'], readonly Task['state'][]>> = {
  done: ['waiting'], failed: ['waiting'], go: ['waiting'], retry: ['failed'], skip: ['waiting', 'failed', 'proposed'],
};

function needWaiting({ state, n }: Task, what: Step['what'], isRequest: boolean): void {
  const fits = TAKES[what].includes(state) && (what !== 'go' || isRequest) && (isRequest ? what !== 'done' && what !== 'failed' : true);
  if (fits) return;
  const whose = isRequest ? 'done by control' : 'done by people';
  throw new SallyportError('ERR_PLAYBOOK_STATE', `step ${n} is ${state}, and ${whose}: it cannot be told "${what}"`, {
    remedy: 'See `sallyport incident playbook show RUN`.',
  });
}

/** What people were asked must be answered, and nothing else is. */
function answersOf(names: readonly string[], { values }: Step, playbooks: Playbooks, { playbook }: Task): Readonly<Record<string, string>> {
  const declared = playbooks.get(playbook)?.playbook_variables ?? {};
  const wanted = names.map((name) => name.slice(2, -2));
  const stray = Object.keys(values).find((name) => !wanted.includes(name));
  if (stray !== undefined) throw invalid(`it was not asked for ${stray}`);
  return Object.fromEntries(wanted.map((name) => {
    const value = values[name];
    if (value === undefined) throw invalid(`${name} was not answered: ${declared[`__${name}__`]?.description ?? ''}`);
    if (declared[`__${name}__`]?.type === 'bool' && value !== 'true' && value !== 'false') throw invalid(`${name} is true or false`);
    return [`__${name}__`, value];
  }));
}

function invalid(what: string): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', `body.values: ${what}`, { remedy: 'See `sallyport incident playbook show RUN`.' });
}
