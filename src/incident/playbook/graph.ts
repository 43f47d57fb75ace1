import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { parseCondition, variablesOf } from './condition.ts';
import { ACTIVITY_OF } from './form.ts';
import type { Playbook, Step } from './form.ts';
import { variablesIn } from './variables.ts';

/** The step after one that went well; undefined for an end. */
export function nextOf(step: Step): string | undefined {
  if (step.type === 'end') return undefined;
  return step.type === 'start' ? step.on_completion : step.on_success ?? step.on_completion;
}

/** Where an action or its like goes when it fails; undefined: the run stops. */
export function onFailure(step: Step): string | undefined {
  return step.type === 'start' || step.type === 'end' ? undefined : step.on_failure;
}

function branchesOf(step: Step): readonly string[] {
  if (step.type === 'parallel') return step.next_steps;
  if (step.type !== 'if-condition') return [];
  return [step.on_true, ...(step.on_false === undefined ? [] : [step.on_false])];
}

/**
 * What the form alone cannot say (CACAO 2.0, 3 and 4): ways lead somewhere and never back, each branch has ends of its own, no step
 * is left out, what is used is declared, and the playbook does what its types say. Throws `ERR_PLAYBOOK_INVALID` with the place.
 */
export function checkWorkflow(playbook: Playbook): void {
  const { workflow, workflow_start: start, workflow_exception: exception } = playbook;
  const ids = Object.keys(workflow);
  if (ids.length > LIMITS.playbookStepsMax) throw invalid('workflow', `has more than ${LIMITS.playbookStepsMax} steps`);
  for (const id of ids) checkStep(playbook, id);
  if (workflow[start]?.type !== 'start') throw invalid('workflow_start', 'names no start step');
  const owners = new Map<string, string>();
  walk(playbook, start, '', owners, []);
  if (exception !== undefined) {
    if (workflow[exception] === undefined) throw invalid('workflow_exception', 'names no step');
    walk(playbook, exception, 'exception', owners, []);
  }
  const left = ids.find((id) => !owners.has(id));
  if (left !== undefined) throw invalid(`workflow.${left}`, 'is a step to which nothing leads');
  const isIdle = !Object.values(workflow).some(({ type }) => type === 'action' || type === 'playbook-action');
  if (isIdle) throw invalid('workflow', 'has no step that does anything');
  checkActivities(playbook);
}

/** Follows the ways of one branch. `owners`: in which branch each step is; `way`: the steps before, by which a way back is known. */
function walk(playbook: Playbook, id: string, branch: string, owners: Map<string, string>, way: readonly string[]): void {
  const step = playbook.workflow[id];
  if (step === undefined) throw invalid(`workflow.${way.at(-1) ?? 'workflow_start'}`, `leads to ${id}, which is no step of the playbook`);
  if (way.includes(id)) throw invalid(`workflow.${id}`, 'is led back to: loops are not run here');
  if (step.type === 'start' && way.length > 0) throw invalid(`workflow.${id}`, 'is a start in the middle');
  const owner = owners.get(id);
  if (owner !== undefined) {
    if (owner !== branch) throw invalid(`workflow.${id}`, 'is reached from two branches: each branch has steps and an end of its own');
    return;
  }
  if (branch.split('/').length > LIMITS.playbookDepthMax) throw invalid(`workflow.${id}`, 'is in too many branches of branches');
  owners.set(id, branch);
  for (const [index, first] of branchesOf(step).entries()) walk(playbook, first, `${branch}/${id}#${index}`, owners, [...way, id]);
  for (const next of [nextOf(step), onFailure(step)]) {
    if (next !== undefined) walk(playbook, next, branch, owners, [...way, id]);
  }
}

function checkStep({ workflow, agent_definitions: agents, playbook_variables: variables = {} }: Playbook, id: string): void {
  const step = workflow[id];
  if (step === undefined) return;
  const place = `workflow.${id}`;
  if (!new RegExp(`^${step.type}--[0-9a-f-]{36}$`).test(id)) throw invalid(place, `must be named ${step.type}-- and a UUID`);
  if (step.type !== 'end' && nextOf(step) === undefined) throw invalid(place, 'says no step that follows it: on_completion or on_success');
  if (step.type !== 'end' && step.type !== 'start' && step.on_completion !== undefined && (step.on_success !== undefined || step.on_failure !== undefined)) {
    throw invalid(place, 'has on_completion beside on_success or on_failure');
  }
  if (step.type === 'action') {
    const agent = agents[step.agent];
    if (agent === undefined) throw invalid(`${place}.agent`, 'names no agent of agent_definitions');
    const [{ type }] = step.commands;
    if ((type === 'http-api') !== (agent.type === 'http-api')) throw invalid(
      `${place}.agent`, type === 'http-api' ? 'must be an http-api' : 'must be people',
    );
  }
  const used = step.type === 'if-condition' ? variablesOf(placed(`${place}.condition`, () => parseCondition(step.condition))) : usedBy(step);
  const unknown = used.find((name) => !Object.hasOwn(variables, name));
  if (unknown !== undefined) throw invalid(place, `uses ${unknown}, which playbook_variables does not declare`);
  if (step.type !== 'action' && step.type !== 'playbook-action') return;
  const constant = step.out_args?.find((name) => variables[name]?.constant === true);
  if (constant !== undefined) throw invalid(`${place}.out_args`, `would change ${constant}, which is constant`);
}

function usedBy(step: Step): readonly string[] {
  const own = variablesIn(step);
  return step.type === 'action' || step.type === 'playbook-action' ? [...own, ...(step.in_args ?? []), ...(step.out_args ?? [])] : own;
}

function checkActivities({ playbook_types: types, playbook_activities: listed, workflow }: Playbook): void {
  const done = new Set(Object.values(workflow).flatMap((step) => (step.type === 'action' ? step.commands.map((command) => command.playbook_activity) : [])));
  const missing = types.map((type) => ACTIVITY_OF[type]).find((activity) => !listed.includes(activity));
  if (missing !== undefined) throw invalid('playbook_activities', `lacks ${missing}, which its types want`);
  const idle = listed.find((activity) => !done.has(activity));
  // One that only calls others does what they do.
  if (idle !== undefined && done.size > 0) throw invalid('playbook_activities', `names ${idle}, which no command is`);
}

function placed<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof SallyportError ? invalid(place, error.message, error.remedy) : error;
  }
}

export function invalid(place: string, what: string, remedy = 'Mend the playbook there; docs/playbooks.md says what is run here.'): SallyportError {
  return new SallyportError('ERR_PLAYBOOK_INVALID', `${place}: ${what}`, { remedy });
}
