import { z } from 'zod';
import { holds, parseCondition } from './condition.ts';
import { httpOf } from './command.ts';
import type { Playbook, Step } from './form.ts';
import { invalid, nextOf, onFailure } from './graph.ts';

/** Where a run stands in one playbook, and in which branches of what: each frame is what is gone on with after its end. */
const FRAME = z.strictObject({ kind: z.enum(['if-condition', 'parallel', 'playbook-action']), scope: z.string(), step: z.string() });
const CURSOR = z.strictObject({ scope: z.string(), step: z.string(), frames: z.array(FRAME), task: z.int().exactOptional() });

const ANSWER = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const TASK_STATES = ['ready', 'waiting', 'started', 'proposed', 'done', 'failed', 'skipped'] as const;

/**
 * `ready`: control may do it. `waiting`: for a person. `started`: control is at it, or was when it died. `proposed`: it takes a second
 * person. `failed` holds the run up until somebody tries it again or leaves it out. `answer`: what control said, in short.
 */
const TASK = z.strictObject({
  n: z.int(), scope: z.string(), playbook: z.string(), step: z.string(), state: z.enum(TASK_STATES),
  tries: z.int(), startedAt: z.number().exactOptional(), endedAt: z.number().exactOptional(), by: z.string().exactOptional(), note: z.string().exactOptional(),
  proposal: z.string().exactOptional(), answer: ANSWER.exactOptional(),
});
export type Task = z.infer<typeof TASK>;

/** How far a run is. Pure data: what is stored is all that there is to know of it. */
export const PROGRESS = z.strictObject({
  mode: z.enum(['automatic', 'step', 'dry']),
  /** `stopped`: a step failed; what is in force stays in force. */
  state: z.enum(['going', 'stopped', 'done', 'cancelled']),
  /** Variables by where they were declared: `0` is the playbook that was started, the others are those that it calls. */
  scopes: z.record(z.string(), z.strictObject({ playbook: z.string(), variables: z.record(z.string(), z.string().nullable()) })),
  cursors: z.array(CURSOR),
  tasks: z.array(TASK),
});
export type Progress = z.infer<typeof PROGRESS>;
type Cursor = z.infer<typeof CURSOR>;

/** Every playbook of a run, by id. */
export type Playbooks = ReadonlyMap<string, Playbook>;
type Action = Extract<Step, { readonly type: 'action' }>;

/** A run before its first step. `given`: values of the variables of the playbook that is started. */
export function begin(playbooks: Playbooks, root: string, given: Readonly<Record<string, string | null>>, mode: Progress['mode']): Progress {
  const playbook = needPlaybook(playbooks, root);
  const scopes = { 0: { playbook: root, variables: variablesOf(playbook, given) } };
  return advance({ mode, state: 'going', scopes, cursors: [{ scope: '0', step: playbook.workflow_start, frames: [] }], tasks: [] }, playbooks);
}

export interface Settlement {
  readonly outcome: 'done' | 'failed' | 'skipped';
  /** Epoch ms. */
  readonly at: number;
  readonly by: string;
  readonly note?: string;
  /** What it gave, for records and people. */
  readonly answer?: Task['answer'];
  /** New values of the variables in the step's `out_args`; of others nothing is taken over. */
  readonly outputs?: Readonly<Record<string, string>>;
}

/** A task is over: goes on from it as far as there is nothing to do. A failure for which the playbook has no way stops the run. */
export function settle(progress: Progress, playbooks: Playbooks, n: number, { outcome, at, by, note, answer, outputs = {} }: Settlement): Progress {
  const task = needTask(progress, n);
  const step = stepOf(playbooks, task);
  const over = mark(progress, n, {
    state: outcome, endedAt: at, by, ...(note === undefined ? {} : { note }), ...(answer === undefined ? {} : { answer }),
  });
  const target = outcome === 'failed' ? onFailure(step) : nextOf(step);
  if (target === undefined) return { ...over, state: 'stopped' };
  const taken = Object.entries(outputs).filter(([name]) => step.type === 'action' && step.out_args?.includes(name) === true);
  const moved = over.cursors.map((cursor) => (cursor.task === n ? { scope: cursor.scope, step: target, frames: cursor.frames } : cursor));
  return advance({ ...assign(over, task.scope, Object.fromEntries(taken)), cursors: moved }, playbooks);
}

export function mark(progress: Progress, n: number, change: Partial<Task>): Progress {
  return { ...progress, tasks: progress.tasks.map((task) => (task.n === n ? { ...task, ...change } : task)) };
}

export function needTask({ tasks }: Progress, n: number): Task {
  const task = tasks.find((one) => one.n === n);
  if (task === undefined) throw invalid(`step ${n}`, 'is no step of this run', 'See `sallyport incident playbook show RUN`.');
  return task;
}

/** Throws `ERR_PLAYBOOK_INVALID` when a run names what its playbooks do not have. */
export function stepOf(playbooks: Playbooks, { playbook, step }: Pick<Task, 'playbook' | 'step'>): Action {
  const found = needPlaybook(playbooks, playbook).workflow[step];
  if (found?.type !== 'action') throw invalid(`workflow.${step}`, 'is no action of this playbook');
  return found;
}

export function valueIn({ scopes }: Progress, scope: string): (name: string) => string | null {
  return (name) => scopes[scope]?.variables[name] ?? null;
}

function needPlaybook(playbooks: Playbooks, id: string): Playbook {
  const playbook = playbooks.get(id);
  if (playbook === undefined) throw invalid(id, 'is no playbook that is known here');
  return playbook;
}

function variablesOf({ playbook_variables: declared = {} }: Playbook, given: Readonly<Record<string, string | null>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(declared).map(([name, { value, constant }]) =>
    [name, constant === true || given[name] === undefined ? value ?? null : given[name]]));
}

function assign(progress: Progress, scope: string, values: Readonly<Record<string, string | null>>): Progress {
  const before = progress.scopes[scope];
  if (before === undefined) return progress;
  return { ...progress, scopes: { ...progress.scopes, [scope]: { ...before, variables: { ...before.variables, ...values } } } };
}

/** Playbooks have no loops and call none of those that call them, so this ends. */
function advance(progress: Progress, playbooks: Playbooks): Progress {
  let now = progress;
  for (;;) {
    const index = now.cursors.findIndex(({ task }) => task === undefined);
    const cursor = now.cursors[index];
    if (cursor === undefined) return now.cursors.length === 0 && now.state === 'going' ? { ...now, state: 'done' } : now;
    now = move(now, playbooks, cursor);
  }
}

function move(progress: Progress, playbooks: Playbooks, cursor: Cursor): Progress {
  const playbook = needPlaybook(playbooks, progress.scopes[cursor.scope]?.playbook ?? '');
  const step = playbook.workflow[cursor.step];
  if (step === undefined) throw invalid(`workflow.${cursor.step}`, 'is no step of this playbook');
  const frame = { scope: cursor.scope, step: cursor.step };
  switch (step.type) {
    case 'start': return go(progress, cursor, [{ ...cursor, step: step.on_completion }]);
    case 'end': return leave(progress, playbooks, cursor);
    case 'action': return begun(progress, playbook.id, cursor, step);
    case 'if-condition': {
      const target = holds(parseCondition(step.condition), valueIn(progress, cursor.scope)) ? step.on_true : step.on_false;
      if (target === undefined) return go(progress, cursor, [{ ...cursor, step: nextOf(step) ?? '' }]);
      return go(progress, cursor, [{ ...cursor, step: target, frames: [...cursor.frames, { ...frame, kind: 'if-condition' }] }]);
    }
    case 'parallel':
      return go(
        progress, cursor,
        step.next_steps.map((first) => ({ ...cursor, step: first, frames: [...cursor.frames, { ...frame, kind: 'parallel' as const }] })),
      );
    case 'playbook-action': break;
  }
  const called = needPlaybook(playbooks, step.playbook_id);
  const scope = String(Object.keys(progress.scopes).length);
  const given = Object.fromEntries((step.in_args ?? []).map((name) => [name, valueIn(progress, cursor.scope)(name)]));
  const scopes = { ...progress.scopes, [scope]: { playbook: called.id, variables: variablesOf(called, given) } };
  return go({ ...progress, scopes }, cursor, [{ scope, step: called.workflow_start, frames: [...cursor.frames, { ...frame, kind: 'playbook-action' }] }]);
}

function go(progress: Progress, from: Cursor, to: readonly Cursor[]): Progress {
  return { ...progress, cursors: progress.cursors.flatMap((cursor) => (cursor === from ? to : [cursor])) };
}

function begun(progress: Progress, playbook: string, cursor: Cursor, step: Action): Progress {
  const n = progress.tasks.length + 1;
  const isAlone = progress.mode === 'dry' || (progress.mode === 'automatic' && httpOf(step) !== undefined);
  const task: Task = { n, scope: cursor.scope, playbook, step: cursor.step, state: isAlone ? 'ready' : 'waiting', tries: 0 };
  return { ...go(progress, cursor, [{ ...cursor, task: n }]), tasks: [...progress.tasks, task] };
}

/** The end of a branch, of a called playbook, or of all. */
function leave(progress: Progress, playbooks: Playbooks, cursor: Cursor): Progress {
  const frame = cursor.frames.at(-1);
  const rest = { ...progress, cursors: progress.cursors.filter((one) => one !== cursor) };
  if (frame === undefined) return rest;
  const isIn = ({ frames }: Cursor): boolean => frames.some(({ kind, scope, step }) => kind === 'parallel' && scope === frame.scope && step === frame.step);
  if (frame.kind === 'parallel' && rest.cursors.some(isIn)) return rest;
  const step = needPlaybook(playbooks, progress.scopes[frame.scope]?.playbook ?? '').workflow[frame.step];
  const next = step === undefined ? undefined : nextOf(step);
  if (step === undefined || next === undefined) throw invalid(`workflow.${frame.step}`, 'leads nowhere');
  const returned = step.type === 'playbook-action' ? (step.out_args ?? []).map((name) => [name, valueIn(progress, cursor.scope)(name)] as const) : [];
  const after = { scope: frame.scope, step: next, frames: cursor.frames.slice(0, -1) };
  return { ...assign(rest, frame.scope, Object.fromEntries(returned)), cursors: [...rest.cursors, after] };
}
