import type { Json, JsonObject } from '../../domain/json.ts';
import { EXTENSION_ID } from '../../incident/playbook/form.ts';
import { httpOf, neededBy } from '../../incident/playbook/command.ts';
import { stepOf, valueIn } from '../../incident/playbook/progress.ts';
import type { Playbooks, Task } from '../../incident/playbook/progress.ts';
import { checkSignatures, digestOfPlaybook } from '../../incident/playbook/sign.ts';
import { filled } from '../../incident/playbook/variables.ts';
import { asJson } from '../as-json.ts';
import type { Held } from './library.ts';
import type { PlaybookRun } from './schema.ts';

/** A playbook in a list. */
export function presentPlaybook({ playbook, origin, automatic }: Held, now: number): JsonObject {
  const guide = playbook.playbook_extensions?.[EXTENSION_ID];
  const slug = playbook.labels?.[0];
  return {
    id: playbook.id, ...(slug === undefined ? {} : { slug }), name: playbook.name, version: playbook.modified, origin, automatic,
    digest: digestOfPlaybook(playbook), steps: Object.keys(playbook.workflow).length, triggers: asJson(guide?.triggers ?? []),
    signatures: checkSignatures(playbook, now).map(({ key, signee, valid }) => ({ key, signee, valid })),
  };
}

/** A run in a list. */
export function presentRun(id: string, { playbook, name, version, incident, reason, startedAt, startedBy, endedAt, progress }: PlaybookRun): JsonObject {
  const { mode, state, tasks } = progress;
  const waiting = tasks.filter((task) => task.state === 'waiting' || task.state === 'failed' || task.state === 'proposed').map(({ n }) => n);
  return {
    id, playbook, name, version, incident, mode, state, reason, startedAt, startedBy, ...(endedAt === undefined ? {} : { endedAt }), waiting,
    done: tasks.filter((task) => task.state === 'done' || task.state === 'skipped').length,
  };
}

/** A run with its steps, what each waits for, and, once it stopped, the way back. */
export function presentProgress(id: string, run: PlaybookRun, playbooks: Playbooks): JsonObject {
  const { progress } = run;
  const steps = progress.tasks.map((task) => presentTask(run, playbooks, task));
  const isOver = progress.state === 'stopped' || progress.state === 'cancelled';
  const stopped = {
    ...(isOver ? { wayBack: wayBackOf(run, playbooks) } : {}), ...(progress.state === 'stopped' ? { guidance: guidanceOf(run, playbooks) } : {}),
  };
  return { ...presentRun(id, run), variables: variablesOf(run), steps, ...stopped };
}

function presentTask({ progress }: PlaybookRun, playbooks: Playbooks, task: Task): JsonObject {
  const step = stepOf(playbooks, task);
  const [command, valueOf] = [httpOf(step), valueIn(progress, task.scope)];
  const who = playbooks.get(task.playbook)?.agent_definitions[step.agent]?.name ?? '';
  const does = command === undefined ? step.commands.map((one) => filled('command' in one ? one.command : '', valueOf)) : [filled(command.command, valueOf)];
  const { n, state, tries, startedAt, endedAt, by, note, proposal, answer } = task;
  return {
    n, name: step.name ?? task.step, kind: command === undefined ? 'people' : 'request', who, does, state, tries,
    ...(command === undefined ? { answers: (step.out_args ?? []).map((name) => name.slice(2, -2)) }
      : { with: Object.fromEntries(neededBy(command).map((name) => [name.slice(2, -2), valueOf(name)])) }),
    ...(command?.content === undefined ? {} : { content: filled(command.content, valueOf) }),
    ...(startedAt === undefined ? {} : { startedAt }), ...(endedAt === undefined ? {} : { endedAt }), ...(by === undefined ? {} : { by }),
    ...(note === undefined ? {} : { note }), ...(proposal === undefined ? {} : { proposal }), ...(answer === undefined ? {} : { answer: asJson(answer) }),
  };
}

function variablesOf({ progress }: PlaybookRun): JsonObject {
  return Object.fromEntries(
    Object.entries(progress.scopes['0']?.variables ?? {}).flatMap(([name, value]) => (value === null || value === '' ? [] : [[name.slice(2, -2), value]])),
  );
}

/** What of this run is in force and was not lifted by it: each with how it is taken back. */
function wayBackOf({ progress }: PlaybookRun, playbooks: Playbooks): Json {
  const lifted = new Set(progress.tasks.flatMap((task) => (task.state === 'done' ? [idIn(task, 'lifted')] : [])));
  return progress.tasks.flatMap((task): Json[] => {
    const id = idIn(task, 'applied');
    if (task.state !== 'done' || id === undefined || lifted.has(id)) return [];
    return [{ containment: id, step: task.n, name: stepOf(playbooks, task).name ?? '', lift: `sallyport incident lift ${id} --reason WHY` }];
  });
}

function idIn({ answer }: Task, state: string): string | undefined {
  const { id, state: now } = answer ?? {};
  return now === state && typeof id === 'string' ? id : undefined;
}

/** What the playbook itself says to do when a step failed. */
function guidanceOf({ playbook: id }: PlaybookRun, playbooks: Playbooks): Json {
  const playbook = playbooks.get(id);
  const step = playbook?.workflow[playbook.workflow_exception ?? ''];
  return step?.type === 'action' ? step.commands.flatMap((command) => ('command' in command ? [command.command] : [])) : [];
}
