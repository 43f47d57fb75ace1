import { z } from 'zod';
import { ACTION_STATES, MODES } from '../../exercise/after-action.ts';
import { AREAS } from '../../exercise/pack.ts';
import { ANSWERS, GRADES } from '../../exercise/score.ts';

const COUNT = z.int().nonnegative();
const STATE = z.enum(['running', 'scored', 'closed']);

/** One exercise in a list, with what is still to be changed because of it. Times are epoch ms. */
const EXERCISE_ROW = z.object({
  id: z.string(), exercise: z.string(), title: z.string(), kind: z.string(), mode: z.enum(MODES), state: STATE, startedAt: z.number(),
  percent: z.number().optional(), grade: z.enum(GRADES).optional(), open: COUNT, overdue: COUNT, unowned: COUNT,
});
export type ExerciseRow = z.infer<typeof EXERCISE_ROW>;

const ID = '019a0000-0000-7000-8000-000000000000';
export const EXERCISES = z.object({ exercises: z.array(EXERCISE_ROW) }).meta({
  examples: [{
    exercises: [{
      id: ID, exercise: 'prompt-injection', title: 'A ticket that talks to the agent', kind: 'prompt-injection', mode: 'paper', state: 'scored',
      startedAt: 1_790_000_000_000, percent: 81, grade: 'good', open: 2, overdue: 0, unowned: 2,
    }],
  }],
});
export type Exercises = z.infer<typeof EXERCISES>;

const ANSWERED = z.object({
  id: z.string(), inject: z.string(), area: z.enum(AREAS), what: z.string(), hint: z.string(), answer: z.enum(ANSWERS), points: z.number(), most: z.number(),
  afterMs: z.number().optional(), shown: z.string().optional(),
});

const SCORE = z.object({
  answers: z.array(ANSWERED), wrong: z.array(z.object({ id: z.string(), what: z.string(), minus: z.number(), shown: z.string() })),
  points: z.number(), most: z.number(), percent: z.number(), grade: z.enum(GRADES),
  areas: z.array(z.object({ area: z.enum(AREAS), points: z.number(), most: z.number() })),
});

/** Something that is changed because of it. Nobody's while `owner` is missing. */
const ACTION = z.object({
  id: z.string(), what: z.string(), owner: z.string().optional(), due: z.number().optional(), state: z.enum(ACTION_STATES), note: z.string().optional(),
});
export type ExerciseAction = z.infer<typeof ACTION>;

const PACK_NAMED = z.object({ id: z.string(), version: z.int(), title: z.string(), kind: z.string() });
const PACK = { id: 'prompt-injection', version: 1, title: 'A ticket that talks to the agent', kind: 'prompt-injection' } as const;

export const EXERCISE_SHOWN = z.object({
  id: z.string(), pack: PACK_NAMED, mode: z.enum(MODES), state: STATE, startedAt: z.number(), startedBy: z.string(), participants: z.array(z.string()),
  endedAt: z.number().optional(), closedAt: z.number().optional(), score: SCORE.optional(), harm: z.array(z.string()),
  wash: z.array(z.object({ question: z.string(), answer: z.string(), by: z.string(), at: z.number() })), actions: z.array(ACTION),
}).meta({
  examples: [{
    id: ID, pack: PACK, mode: 'paper', state: 'running', startedAt: 1_790_000_000_000, startedBy: 'p_0123456789abcdef0123', participants: ['nina'], harm: [],
    wash: [], actions: [],
  }],
});
export type ExerciseShown = z.infer<typeof EXERCISE_SHOWN>;

const EXPECTED = z.object({ id: z.string(), area: z.enum(AREAS), what: z.string(), within: z.number(), points: z.number() });
const PACK_SHOWN = PACK_NAMED.extend({
  minutes: z.number(), objectives: z.array(z.string()), techniques: z.array(z.string()), hotWash: z.array(z.string()),
  injects: z.array(z.object({ id: z.string(), title: z.string(), at: z.number(), expected: z.array(EXPECTED) })),
  wrong: z.array(z.object({ id: z.string(), what: z.string(), minus: z.number() })),
});
export type ExercisePack = z.infer<typeof PACK_SHOWN>;

/** The packs that ship: what happens in each, and what is expected. For who holds an exercise, not for who plays. */
export const EXERCISE_PACKS = z.object({ packs: z.array(PACK_SHOWN) }).meta({
  examples: [{
    packs: [{
      ...PACK, minutes: 75, objectives: ['To stop one agent'], techniques: ['AML.T0051.001'], hotWash: ['What told us first?'],
      injects: [{
        id: 'odd-mail', title: 'An odd mail', at: 5, expected: [{ id: 'take-it', area: 'decide', what: 'Somebody owns the incident', within: 10, points: 4 }],
      }],
      wrong: [{ id: 'all-stopped', what: 'Everything was stopped', minus: 5 }],
    }],
  }],
});
export type ExercisePacks = z.infer<typeof EXERCISE_PACKS>;
