import { expect, test } from 'bun:test';
import type { Playbook, Step } from './form.ts';
import { gather } from './gather.ts';
import { begin, settle, type Playbooks, type Progress } from './progress.ts';
import { readPlaybook } from './read.ts';

const AT = { at: 0, by: 'ann' };
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const id = (type: Step['type'] | 'playbook', n: number): string => `${type}--${uuid(n)}`;
const PEOPLE = `group--${uuid(900)}`;
const VARIABLES = {
  __go__: { type: 'bool' as const }, __out__: { type: 'string' as const, value: '' },
  __fixed__: { type: 'string' as const, value: 'as it is', constant: true },
};

/** A step of people: `next` is the number of an action, or a step by its id. */
const ask = (name: string, next: string, more: Partial<Extract<Step, { type: 'action' }>> = {}): Step => ({
  type: 'action', name, agent: PEOPLE, commands: [{ type: 'manual', command: name, playbook_activity: 'identify-indicators' }],
  ...(more.on_success === undefined ? { on_completion: next } : {}), ...more,
});

function written(n: number, workflow: Record<string, Step>): Playbook {
  return readPlaybook(JSON.stringify({
    type: 'playbook', spec_version: 'cacao-2.0', id: id('playbook', n), name: `p${n}`, playbook_types: ['investigation'],
    playbook_activities: ['identify-indicators'],
    created_by: `identity--${uuid(901)}`, created: '2026-11-23T20:00:00.000Z', modified: '2026-11-23T20:00:00.000Z', playbook_variables: VARIABLES,
    workflow_start: id('start', 0), workflow, agent_definitions: { [PEOPLE]: { type: 'group', name: 'us' } },
  }));
}

const of = (...playbooks: readonly Playbook[]): Playbooks => new Map(playbooks.map((one) => [one.id, one]));
const waiting = ({ tasks }: Progress, playbooks: Playbooks): readonly string[] => tasks.filter(({ state }) => state === 'waiting')
  .map(({ playbook, step }) => playbooks.get(playbook)?.workflow[step]?.name ?? '').toSorted();
const done = (progress: Progress, playbooks: Playbooks, name: string, outputs: Readonly<Record<string, string>> = {}): Progress => {
  const task = progress.tasks.findLast(({ playbook, step, state }) => state === 'waiting' && playbooks.get(playbook)?.workflow[step]?.name === name);
  return settle(progress, playbooks, task?.n ?? 0, { ...AT, outcome: 'done', outputs });
};

const BRANCHING = written(1, {
  [id('start', 0)]: { type: 'start', on_completion: id('parallel', 1) },
  [id('parallel', 1)]: { type: 'parallel', next_steps: [id('action', 2), id('if-condition', 4)], on_completion: id('action', 8) },
  [id('action', 2)]: ask('left', id('end', 3)), [id('end', 3)]: { type: 'end' },
  [id('if-condition', 4)]: { type: 'if-condition', condition: "__go__:value = 'true'", on_true: id('action', 5), on_completion: id('end', 7) },
  [id('action', 5)]: ask('right', id('end', 6)), [id('end', 6)]: { type: 'end' }, [id('end', 7)]: { type: 'end' },
  [id('action', 8)]: ask('after', id('end', 9)), [id('end', 9)]: { type: 'end' },
});

test('branches go on beside each other, and what follows waits for the last of them; a condition that does not hold is passed by', () => {
  const playbooks = of(BRANCHING);
  const both = begin(playbooks, BRANCHING.id, { __go__: 'true' }, 'step');
  expect(waiting(both, playbooks)).toEqual(['left', 'right']);
  const one = done(both, playbooks, 'right');
  expect(waiting(one, playbooks)).toEqual(['left']);
  const next = done(one, playbooks, 'left');
  expect([waiting(next, playbooks), next.state]).toEqual([['after'], 'going']);
  expect(done(next, playbooks, 'after').state).toBe('done');
  expect(waiting(done(begin(playbooks, BRANCHING.id, {}, 'step'), playbooks, 'left'), playbooks)).toEqual(['after']);
});

test('a step that fails goes where its playbook says, or stops the run', () => {
  const failing = written(2, {
    [id('start', 0)]: { type: 'start', on_completion: id('action', 1) },
    [id('action', 1)]: ask('try', '', { on_success: id('end', 3), on_failure: id('action', 2) }),
    [id('action', 2)]: ask('mend', id('end', 3)), [id('end', 3)]: { type: 'end' },
  });
  const playbooks = of(failing);
  const mending = settle(begin(playbooks, failing.id, {}, 'step'), playbooks, 1, { ...AT, outcome: 'failed' });
  expect([waiting(mending, playbooks), mending.state]).toEqual([['mend'], 'going']);
  expect(settle(mending, playbooks, 2, { ...AT, outcome: 'failed' }).state).toBe('stopped');
});

const CALLED = written(3, {
  [id('start', 0)]: { type: 'start', on_completion: id('action', 1) }, [id('action', 1)]: ask('inside', id('end', 2), { out_args: ['__out__'] }),
  [id('end', 2)]: { type: 'end' },
});
const calling = (playbook: string): Playbook => written(4, {
  [id('start', 0)]: { type: 'start', on_completion: id('playbook-action', 1) },
  [id('playbook-action', 1)]: { type: 'playbook-action', playbook_id: playbook, in_args: ['__go__'], out_args: ['__out__'], on_completion: id('end', 2) },
  [id('end', 2)]: { type: 'end' },
});

test('a playbook that is called has variables of its own, given and handed back by name; constants stay what they are', () => {
  const playbooks = of(calling(CALLED.id), CALLED);
  const inside = begin(playbooks, id('playbook', 4), { __go__: 'true', __out__: 'outer', __fixed__: 'changed' }, 'step');
  expect(inside.scopes['1']?.variables).toEqual({ __go__: 'true', __out__: '', __fixed__: 'as it is' });
  const over = done(inside, playbooks, 'inside', { __out__: 'inner', __go__: 'stolen' });
  expect(over.scopes['1']?.variables).toEqual({ __go__: 'true', __out__: 'inner', __fixed__: 'as it is' });
  expect([over.state, over.scopes['0']?.variables]).toEqual(['done', { __go__: 'true', __out__: 'inner', __fixed__: 'as it is' }]);
});

/** Why these cannot be run together. */
async function refusal(root: Playbook, now: number, ...others: readonly Playbook[]): Promise<string> {
  return gather(root, async (wanted) => others.find((one) => one.id === wanted), now).then(() => '', (error: unknown) => String(error));
}

test('what is called must be here, valid, and never its own caller', async () => {
  const itself = calling(id('playbook', 4));
  expect(await refusal(itself, 0, itself)).toContain('calls itself');
  expect(await refusal(calling(CALLED.id), 0)).toContain('is not here');
  expect(await refusal(calling(CALLED.id), 0, { ...CALLED, revoked: true })).toContain('was revoked');
  expect(await refusal({ ...CALLED, valid_until: '2026-11-24T00:00:00.000Z' }, Date.parse('2026-12-01T00:00:00Z'))).toContain('was valid until');
  expect([...(await gather(calling(CALLED.id), async () => CALLED, 0)).keys()]).toEqual([id('playbook', 4), CALLED.id]);
});
