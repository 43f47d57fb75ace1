import { isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import { AREAS } from './pack.ts';
import type { Act, Area, Expected, Pack } from './pack.ts';

export const ANSWERS = ['in-time', 'late', 'missed'] as const;
export type Answer = (typeof ANSWERS)[number];

/** What became of one expected act. */
export interface Answered {
  readonly id: string;
  readonly inject: string;
  readonly area: Area;
  readonly what: string;
  readonly hint: string;
  readonly answer: Answer;
  readonly points: number;
  readonly most: number;
  /** Milliseconds from its inject; negative: it was done before that. Absent: it was not, or nobody measured. */
  readonly afterMs?: number;
  /** The record that shows it. */
  readonly shown?: string;
}

/** An act that made it worse. */
export interface Wrong {
  readonly id: string;
  readonly what: string;
  readonly minus: number;
  readonly shown: string;
}

export const GRADES = ['poor', 'fair', 'good'] as const;
export type Grade = (typeof GRADES)[number];

export interface Score {
  readonly answers: readonly Answered[];
  readonly wrong: readonly Wrong[];
  readonly points: number;
  readonly most: number;
  readonly percent: number;
  readonly grade: Grade;
  readonly areas: readonly { readonly area: Area; readonly points: number; readonly most: number }[];
}

/** When each inject came, epoch ms, by its id. */
export type InjectTimes = Readonly<Record<string, number>>;

const FAIR = 50;
const GOOD = 80;

/** Scores a live exercise by the records of its gate. `minuteMs`: how long a minute of the pack lasts. */
export function scoreLive(pack: Pack, times: InjectTimes, all: readonly JsonObject[], minuteMs: number): Score {
  // What was done to set the scene is nobody's answer.
  const begun = Math.min(...Object.values(times));
  const records = all.filter((record) => timeOf(record) >= begun);
  const answers = pack.injects.flatMap(({ id: inject, expected }) => expected.filter(({ any }) => any !== undefined).map((one): Answered => {
    const at = times[inject];
    const found = at === undefined ? undefined : records.find((record) => isAnswer(one, record));
    if (at === undefined || found === undefined) return answered(inject, one, 'missed');
    const afterMs = timeOf(found) - at;
    return { ...answered(inject, one, afterMs <= one.within * minuteMs ? 'in-time' : 'late'), afterMs, shown: sayRecord(found) };
  }));
  const wrong = pack.wrong.flatMap(({ id, what, act, minus }): readonly Wrong[] => {
    const found = records.find((record) => isAct(act, record));
    return found === undefined ? [] : [{ id, what, minus, shown: sayRecord(found) }];
  });
  return summed(answers, wrong);
}

/** Scores an exercise on paper by what its facilitator saw. What is not said was missed. */
export function scorePaper(pack: Pack, said: Readonly<Record<string, Answer>>, wrong: readonly string[]): Score {
  const answers = pack.injects.flatMap(({ id, expected }) => expected.map((one) => answered(id, one, said[one.id] ?? 'missed')));
  const seen = pack.wrong.filter(({ id }) => wrong.includes(id));
  return summed(answers, seen.map(({ id, what, minus }) => ({ id, what, minus, shown: 'as the facilitator saw it' })));
}

/** Whether an act of an expectation is done already: a live exercise need not wait any longer for it. */
export function isAnswer({ any = [] }: Expected, record: JsonObject): boolean {
  return any.some((act) => isAct(act, record));
}

function isAct({ event, verb, target, of, action }: Act, record: JsonObject): boolean {
  const detail = isObject(record['detail']) ? record['detail'] : {};
  return record['event'] === event && (verb === undefined || detail['verb'] === verb) && (target === undefined || detail['target'] === target)
    && (of === undefined || (detail['of'] ?? detail['person'] ?? detail['id']) === of) && (action === undefined || record['action'] === action);
}

function answered(inject: string, { id, area, what, hint, points }: Expected, answer: Answer): Answered {
  return { id, inject, area, what, hint, answer, points: points * SHARES[answer], most: points };
}

/** Whether a score says what its own answers come to: who hands one in says what was done, and not how good that was. */
export function addsUp({ answers, wrong, points, most, percent, grade }: Score): boolean {
  const own = summed(answers, wrong);
  return answers.every((one) => one.points === one.most * SHARES[one.answer])
    && own.points === points && own.most === most && own.percent === percent && own.grade === grade;
}

const SHARES: Readonly<Record<Answer, number>> = { 'in-time': 1, late: 0.5, missed: 0 };

/** Wrong acts take points away, and never more than there are. */
function summed(answers: readonly Answered[], wrong: readonly Wrong[]): Score {
  const most = sum(answers.map((one) => one.most));
  const points = Math.max(0, sum(answers.map((one) => one.points)) - sum(wrong.map(({ minus }) => minus)));
  const percent = most === 0 ? 0 : Math.round((points / most) * 100);
  const areas = AREAS.map((area) => {
    const own = answers.filter((one) => one.area === area);
    return { area, points: sum(own.map((one) => one.points)), most: sum(own.map((one) => one.most)) };
  }).filter((area) => area.most > 0);
  return { answers, wrong, points, most, percent, grade: percent >= GOOD ? 'good' : percent >= FAIR ? 'fair' : 'poor', areas };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function timeOf({ at }: JsonObject): number {
  return typeof at === 'number' ? at : 0;
}

function sayRecord({ event, detail, action }: JsonObject): string {
  const { verb, target, of } = isObject(detail) ? detail : {};
  return [event, verb ?? action, target, of].flatMap((word) => (typeof word === 'string' && word !== '' ? [word] : [])).join(' ');
}
