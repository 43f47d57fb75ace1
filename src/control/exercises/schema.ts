import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { ACTION_STATES, MODES } from '../../exercise/after-action.ts';
import { AREAS } from '../../exercise/pack.ts';
import { ANSWERS, GRADES } from '../../exercise/score.ts';
import { WORDS } from '../names.ts';

const SLUG = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/).max(64);
const LINE = z.string().min(1).max(600).regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text');
const MOMENT = z.number().nonnegative();
const POINTS = z.number().min(0).max(1_000);

const PACK = z.strictObject({ id: SLUG, version: z.int().min(1), title: LINE, kind: SLUG });

const SCORE = z.strictObject({
  answers: z.array(z.strictObject({
    id: SLUG, inject: SLUG, area: z.enum(AREAS), what: LINE, hint: LINE, answer: z.enum(ANSWERS), points: POINTS, most: POINTS,
    afterMs: z.number().exactOptional(), shown: LINE.exactOptional(),
  })).max(LIMITS.exerciseAnswersMax),
  wrong: z.array(z.strictObject({ id: SLUG, what: LINE, minus: POINTS, shown: LINE })).max(LIMITS.exerciseAnswersMax),
  points: POINTS, most: POINTS, percent: z.number().min(0).max(100), grade: z.enum(GRADES),
  areas: z.array(z.strictObject({ area: z.enum(AREAS), points: POINTS, most: POINTS })).max(AREAS.length),
});

const ACTION = z.strictObject({
  id: SLUG, what: z.string().max(1_300), owner: LINE.exactOptional(), due: MOMENT.exactOptional(), state: z.enum(ACTION_STATES),
  note: z.string().exactOptional(),
});

/** One exercise as it is stored. */
export const EXERCISE = z.strictObject({
  pack: PACK, mode: z.enum(MODES), state: z.enum(['running', 'scored', 'closed']), startedAt: MOMENT, startedBy: z.string(), participants: z.array(LINE),
  endedAt: MOMENT.exactOptional(), score: SCORE.exactOptional(), harm: z.array(LINE),
  wash: z.array(z.strictObject({ question: LINE, answer: z.string(), by: z.string(), at: MOMENT })), actions: z.array(ACTION), closedAt: MOMENT.exactOptional(),
});

export const START = z.strictObject({ pack: PACK, mode: z.enum(MODES), participants: z.array(LINE).max(100).default([]) });
export const SCORED = z.strictObject({ score: SCORE, harm: z.array(LINE).max(50).default([]) });
/** What the facilitator saw of an exercise on paper; what is not named was missed. */
export const PAPER = z.strictObject({
  answers: z.record(SLUG, z.enum(ANSWERS)).default({}), wrong: z.array(SLUG).max(LIMITS.exerciseAnswersMax).default([]),
});
export type Paper = z.infer<typeof PAPER>;
export const WASH = z.strictObject({ question: LINE, answer: WORDS });
export const NEW_ACTION = z.strictObject({ what: WORDS.max(1_000), owner: LINE, due: z.int().min(0) });
export const ACTION_CHANGE = z.strictObject({
  owner: LINE.exactOptional(), due: z.int().min(0).exactOptional(), state: z.enum(ACTION_STATES).exactOptional(), note: WORDS.exactOptional(),
}).refine(({ state, note }) => state === undefined || state === 'open' || note !== undefined, 'must say what was done, or why not, in a note');
export const CLOSED = z.strictObject({ reason: WORDS });
