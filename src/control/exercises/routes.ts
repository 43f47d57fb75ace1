import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { improvementsOf, whyOpen } from '../../exercise/after-action.ts';
import type { Exercise } from '../../exercise/after-action.ts';
import { addsUp, scorePaper } from '../../exercise/score.ts';
import type { Score } from '../../exercise/score.ts';
import type { Rows } from '../../store/store.ts';
import { asJson } from '../as-json.ts';
import { needMayWrite, viewFor } from '../audit/people.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import { EXERCISE_PACKS, EXERCISE_SHOWN, EXERCISES } from './answer.ts';
import { packFor, presentPacks } from './packs.ts';
import { ACTION_CHANGE, CLOSED, NEW_ACTION, PAPER, SCORED, START, WASH } from './schema.ts';

export const exerciseRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/exercise-packs', summary: 'The packs that ship: what happens in each and what is expected, for who holds an exercise',
    access: 'investigate', reach: 'space', answer: EXERCISE_PACKS, act: async () => ({ packs: presentPacks() }),
  }),
  route({
    method: 'GET', path: '/exercises', summary: 'Exercises of the space, the latest first, and what is still to be changed because of them', access: 'audit',
    reach: 'space', answer: EXERCISES,
    act: async ({ space }, { store, now }) => {
      const all = (await listStored(store, 'exercise', space)).toSorted((one, other) => other.body.startedAt - one.body.startedAt);
      return { exercises: all.map(({ id, body }) => summaryOf(id, body, now())) };
    },
  }),
  route({
    method: 'GET', path: '/exercises/:id', summary: 'One exercise with its score, hot wash and what is changed because of it', access: 'audit', reach: 'space',
    answer: EXERCISE_SHOWN,
    act: async ({ admin, space, params: { id = '' } }, control) => {
      const view = await viewFor(control, admin, space, false);
      return view({ id, ...asJson((await needStored(control.store, 'exercise', space, id)).body) });
    },
  }),
  route({
    method: 'POST', path: '/exercises', summary: 'An exercise begins', access: 'investigate', reach: 'space', body: START,
    act: async ({ admin, space, body: { pack, mode, participants } }, control) => {
      await needMayWrite(control, admin, space, asJson(participants));
      const [id, startedAt] = [Bun.randomUUIDv7(), control.now()];
      const exercise: Exercise = { pack, mode, participants, state: 'running', startedAt, startedBy: admin.id, harm: [], wash: [], actions: [] };
      await control.record({ event: 'exercise.started', space, ...whoOf(admin), detail: { id, exercise: pack.id, version: pack.version, mode } });
      await put(control.store, { admin, space }, id, exercise);
      return { id };
    },
  }),
  route({
    method: 'POST', path: '/exercises/:id/score', summary: 'What was done in it, and when: what was not becomes something to change', access: 'investigate',
    reach: 'space', body: SCORED,
    act: async ({ admin, space, params, body }, control) => {
      const { score, harm } = body;
      if (!addsUp(score)) {
        throw new SallyportError('ERR_REQUEST_INVALID', 'body.score: it is not what its answers come to', {
          remedy: 'Hand it in as `sallyport exercise` does.',
        });
      }
      return keepScore(control, { admin, space }, params['id'], { score, harm, said: body });
    },
  }),
  route({
    method: 'POST', path: '/exercises/:id/paper', summary: 'The score of an exercise on paper with a pack that ships, by what its facilitator saw',
    access: 'investigate', reach: 'space', body: PAPER,
    act: async ({ admin, space, params, body }, control) => {
      const { body: { pack: { id } } } = await needStored(control.store, 'exercise', space, params['id'] ?? '');
      return keepScore(control, { admin, space }, params['id'], { score: scorePaper(packFor(id, body), body.answers, body.wrong), harm: [], said: body });
    },
  }),
  route({
    method: 'POST', path: '/exercises/:id/wash', summary: 'Write down what was said in the hot wash', access: 'investigate', reach: 'space', body: WASH,
    act: async ({ admin, space, params, body }, control) => change(control, { admin, space }, params['id'], body, async (exercise, _, at) => {
      checkRoom(exercise.wash);
      return { ...needOpen(exercise), wash: [...exercise.wash, { ...body, by: admin.id, at }] };
    }),
  }),
  route({
    method: 'POST', path: '/exercises/:id/actions', summary: 'Something is to be changed, by whom and until when', access: 'investigate', reach: 'space',
    body: NEW_ACTION,
    act: async ({ admin, space, params, body }, control) => change(control, { admin, space }, params['id'], body, async (exercise) => {
      checkRoom(exercise.actions);
      const own = exercise.actions.filter(({ id }) => id.startsWith('own-')).length;
      return { ...needOpen(exercise), actions: [...exercise.actions, { id: `own-${own + 1}`, state: 'open', ...body }] };
    }),
  }),
  route({
    method: 'PUT', path: '/exercises/:id/actions/:action', summary: 'Who changes it until when; that it was done, or dropped, with what was done or why not',
    access: 'investigate', reach: 'space', body: ACTION_CHANGE,
    act: async ({ admin, space, params, body }, control) => change(control, { admin, space }, params['id'], body, async (exercise) => {
      const known = needOpen(exercise).actions.find(({ id }) => id === params['action']);
      if (known === undefined) throw new SallyportError('ERR_NOT_FOUND', 'this exercise has no such action', { remedy: 'See `sallyport exercise show`.' });
      const next = { ...known, ...body };
      if (next.state !== 'open' && next.owner === undefined) {
        throw new SallyportError('ERR_REQUEST_INVALID', 'body.owner: nobody owns this yet', { remedy: 'Say whose it was: --owner.' });
      }
      return { ...exercise, actions: exercise.actions.map((one) => (one === known ? next : one)) };
    }),
  }),
  route({
    method: 'POST', path: '/exercises/:id/close', summary: 'Close an exercise: everything that was to be changed is, or was dropped with a reason',
    access: 'investigate', reach: 'space', body: CLOSED,
    act: async ({ admin, space, params, body: { reason } }, control) => change(control, { admin, space }, params['id'], reason, async (exercise, id, at) => {
      const why = whyOpen(needOpen(exercise));
      const remedy = exercise.state === 'running' ? 'Say what was done: sallyport exercise score.' : 'See `sallyport exercise show`, and do or drop each.';
      if (why !== undefined) throw new SallyportError('ERR_CONFLICT', why, { remedy });
      await control.record({
        event: 'exercise.scored', space, ...whoOf(admin), action: 'exercise.close', reason, detail: { id, exercise: exercise.pack.id, closed: true },
      });
      return { ...exercise, state: 'closed', closedAt: at };
    }),
  }),
];

interface Said {
  readonly score: Score;
  readonly harm: readonly string[];
  readonly said: unknown;
}

async function keepScore(control: Control, by: By, exerciseId: string | undefined, { score, harm, said }: Said): Promise<Json> {
  return change(control, by, exerciseId, said, async (exercise, id, at) => {
    if (exercise.state !== 'running') throw new SallyportError('ERR_CONFLICT', 'this exercise has its score', { remedy: 'Start another one.' });
    const { pack, mode } = exercise;
    await control.record({
      event: 'exercise.scored', space: by.space, ...whoOf(by.admin),
      detail: { id, exercise: pack.id, version: pack.version, mode, percent: score.percent, grade: score.grade, wrong: score.wrong.map((one) => one.id) },
    });
    return { ...exercise, state: 'scored', endedAt: at, score, harm, actions: improvementsOf(score) };
  });
}

function needOpen(exercise: Exercise): Exercise {
  if (exercise.state !== 'closed') return exercise;
  throw new SallyportError('ERR_CONFLICT', 'this exercise is closed', { remedy: 'Start another one.' });
}

function checkRoom(list: readonly unknown[]): void {
  if (list.length >= LIMITS.exerciseAnswersMax) throw new SallyportError('ERR_BUSY', 'there is no room for more', { remedy: 'Put several together.' });
}

async function change(
  control: Control, by: By, given: string | undefined, said: unknown, act: (exercise: Exercise, id: string, at: number) => Promise<Exercise>,
): Promise<Json> {
  const id = given ?? '';
  await needMayWrite(control, by.admin, by.space, asJson({ said }));
  return control.store.transaction(async (rows) => {
    const next = await act((await needStored(rows, 'exercise', by.space, id)).body, id, control.now());
    await put(rows, by, id, next);
    return { id, state: next.state };
  });
}

async function put(rows: Rows, { admin, space }: By, id: string, exercise: Exercise): Promise<void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a copy, whose lists may be written to
  await putStored(rows, 'exercise', space, id, structuredClone(exercise) as Parameters<typeof putStored<'exercise'>>[4], admin.id);
}

function summaryOf(id: string, { pack, mode, state, startedAt, score, actions }: Exercise, now: number): JsonObject {
  const open = actions.filter((action) => action.state === 'open');
  return {
    id, exercise: pack.id, title: pack.title, kind: pack.kind, mode, state, startedAt,
    ...(score !== undefined && { percent: score.percent, grade: score.grade }),
    open: open.length, overdue: open.filter(({ due }) => due !== undefined && due < now).length,
    unowned: open.filter(({ owner }) => owner === undefined).length,
  };
}
