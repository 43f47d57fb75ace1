import { SallyportError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { mark, needTask, settle, stepOf } from '../../incident/playbook/progress.ts';
import type { Playbooks, Settlement, Task } from '../../incident/playbook/progress.ts';
import type { Control } from '../control.ts';
import { stateNow } from '../proposals/outcome.ts';
import { findStored } from '../stored.ts';
import type { Signing } from './library.ts';
import { carriedOut, perform } from './perform.ts';
import { changeRun, needRun, textsOf } from './runs.ts';
import type { PlaybookRun } from './schema.ts';

/** Drives runs: whatever control can do, until each waits for a person or is over. */
export interface Engine {
  /** Goes on with a run, in the background. */
  readonly go: (space: string, id: string) => void;
  /** What was not finished: after a restart, and what waited for a second person. */
  readonly look: () => Promise<void>;
  /** Resolves when what is being done now was done. */
  readonly close: () => Promise<void>;
}

const CONTROL = 'sallyport|control';

export function createEngine(control: Control, signing: Signing): Engine {
  const driving = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const told = new Map<string, string>();
  let closed = false;
  const start = (space: string, id: string): Promise<void> => {
    const key = `${space}/${id}`;
    const running = driving.get(key);
    if (running !== undefined) {
      again.add(key);
      return running;
    }
    const run = alone(control, key, () => drive(control, signing, space, id, () => closed))
      .then(() => void told.delete(key), (error: unknown) => {
        const why = error instanceof Error ? error.message : 'unknown';
        // It is looked at again and again; what is wrong with it is said once.
        if (told.get(key) !== why) control.report(`playbook run ${id} does not go on: ${why}`);
        told.set(key, why);
      })
      .finally(() => {
        driving.delete(key);
        if (again.delete(key) && !closed) void start(space, id);
      });
    driving.set(key, run);
    return run;
  };
  return {
    go: (space, id) => void start(space, id),
    look: async () => {
      // Most are over, and are not taken apart for that.
      const open = (await control.store.list('playbook-run')).filter(({ body }) => !isObject(body) || body['endedAt'] === undefined);
      await Promise.all(open.map(async ({ space, id }) => {
        // One that cannot be read says so when it is driven, and keeps no other from going on.
        const isDriven = await needRun(control, space, id).then(isBusy, () => true);
        if (isDriven) await start(space, id);
      }));
    },
    close: async () => {
      closed = true;
      await Promise.all(driving.values());
    },
  };
}

function isBusy({ progress }: PlaybookRun): boolean {
  return progress.state === 'done' || (progress.state === 'going' && progress.tasks.some(isOurs));
}

/** What control has to do: also what it was at when it died, which is done again (every verb is idempotent). */
function isOurs({ state }: Task): boolean {
  return state === 'ready' || state === 'started' || state === 'proposed';
}

/** One driver in the fleet; one that dies is followed when its word has run out. */
async function alone({ state }: Control, key: string, act: () => Promise<void>): Promise<void> {
  const name = `playbook/${key}`;
  if (!(await state.setIfAbsent(name, 'driven', LIMITS.playbookDriverMs))) return;
  const timer = setInterval(() => void state.set(name, 'driven', LIMITS.playbookDriverMs).catch(() => undefined), LIMITS.playbookDriverMs / 3);
  try {
    await act();
  } finally {
    clearInterval(timer);
    await state.delete(name);
  }
}

async function drive(control: Control, signing: Signing, space: string, id: string, isClosed: () => boolean): Promise<void> {
  const playbooks = await textsOf(control, await needRun(control, space, id), signing);
  const tried = new Set<number>();
  while (!isClosed()) {
    const run = await needRun(control, space, id);
    if (run.endedAt !== undefined) return;
    if (run.progress.state === 'done') return endRun(control, space, id, 'done');
    const tasks = run.progress.state === 'going' ? run.progress.tasks.filter((task) => isOurs(task) && !tried.has(task.n)) : [];
    if (tasks.length === 0) return;
    for (const { n, state } of tasks) if (state === 'proposed') tried.add(n);
    await Promise.all(tasks.map((task) => doTask({ control, space, id, playbooks }, task)));
  }
}

interface Driven {
  readonly control: Control;
  readonly space: string;
  readonly id: string;
  readonly playbooks: Playbooks;
}

async function doTask(driven: Driven, { n, state, proposal }: Task): Promise<void> {
  const { control, space, id, playbooks } = driven;
  if (state === 'proposed') {
    const verdict = await verdictOf(control, space, proposal ?? '');
    if (verdict === undefined) return;
    const by = { at: control.now(), by: CONTROL };
    if (typeof verdict === 'string') return over(driven, n, { ...by, outcome: 'failed', note: verdict });
    // Asked again, it would be proposed again.
    const run = await needRun(control, space, id);
    const said = await carriedOut(control, space, stepOf(playbooks, needTask(run.progress, n)), verdict.made);
    return over(driven, n, { ...by, outcome: 'done', note: 'a second person approved it, and it was done', ...said });
  }
  // Kept before it is done: what died in the middle is known to have been begun.
  const run = await changeRun(control, space, id, (before) => ({
    ...before, progress: mark(before.progress, n, { state: 'started', startedAt: control.now(), tries: needTask(before.progress, n).tries + 1 }),
  }));
  const performed = await perform(control, space, run, playbooks, needTask(run.progress, n));
  const at = control.now();
  if (performed.outcome === 'proposed') {
    await changeRun(control, space, id, (before) => ({ ...before, progress: mark(before.progress, n, { state: 'proposed', proposal: performed.proposal }) }));
    return;
  }
  await over(driven, n, { ...performed, at, by: run.actor.id });
}

const WHY_NOT = {
  rejected: 'a second person refused it', expired: 'no second person approved it in time',
  unfinished: 'a second person approved it, and control died over it: see whether it was done, then try again',
} as const;

/** What became of a proposal: done, with the id of what it made; or why it was not. Undefined while it is open, or carried out. */
async function verdictOf({ store, now }: Control, space: string, id: string): Promise<{ readonly made: string | undefined } | string | undefined> {
  const proposal = (await findStored(store, 'proposal', space, id))?.body;
  if (proposal === undefined) return 'the proposal is gone';
  const state = stateNow(proposal, now());
  if (state === 'open' || state === 'approved') return undefined;
  if (state === 'done') return { made: proposal.outcome?.id };
  return state === 'failed' ? `${proposal.outcome?.code ?? 'ERR_INTERNAL'}: a second person approved it, and it was not done` : WHY_NOT[state];
}

/** A step is over: on record, then kept, with what follows from it. Throws `ERR_PLAYBOOK_STATE`. */
export async function over({ control, space, id, playbooks }: Driven, n: number, settlement: Settlement): Promise<void> {
  const before = await needRun(control, space, id);
  const task = needTask(before.progress, n);
  await control.record({
    event: 'playbook.stepped', space, principal: settlement.by, ...(settlement.note === undefined ? {} : { reason: settlement.note }),
    detail: {
      run: id, incident: before.incident, n, step: task.step, playbook: task.playbook, name: stepOf(playbooks, task).name ?? '', outcome: settlement.outcome,
      mode: before.progress.mode,
    },
  });
  await changeRun(control, space, id, (run) => ({ ...run, progress: settle(run.progress, playbooks, n, settlement) }));
}

/** Throws `ERR_PLAYBOOK_STATE` for one that is over. */
export async function endRun(control: Control, space: string, id: string, state: 'done' | 'cancelled', by = CONTROL, reason?: string): Promise<void> {
  const run = await needRun(control, space, id);
  const at = control.now();
  if (run.endedAt !== undefined) throw new SallyportError('ERR_PLAYBOOK_STATE', 'this run is over', { remedy: 'Start the playbook again.' });
  await control.record({
    event: 'playbook.ended', space, principal: by, ...(reason === undefined ? {} : { reason }),
    detail: { run: id, incident: run.incident, playbook: run.playbook, name: run.name, state, mode: run.progress.mode, steps: run.progress.tasks.length },
  });
  await changeRun(control, space, id, (before) => ({ ...before, endedAt: at, progress: { ...before.progress, state } }));
}
