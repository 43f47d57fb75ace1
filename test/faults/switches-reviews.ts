import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const TEST = 'src/control/reviews/reviews.test.ts';
const LAPSE = 'src/control/reviews/lapse.test.ts';

/** What keeps reviews from being answered by the wrong one, without a look, or with more effect than was said. */
export const REVIEWS: readonly Switch[] = [
  ...switches('src/review/build.ts', TEST, [
    ['what is in quarantine', 'is there again is told', "status !== 'quarantined')", "status !== 'declared')"],
  ]),
  ...switches('src/review/assign.ts', TEST, [
    ['owners who have it themselves', 'an owner, by any name', '.map(idOf)).filter((id) => !own.has(id));', '.map(idOf));'],
  ]),
  ...switches('src/control/reviews/remedy.ts', TEST, [
    ['roles that wait under a name', 'a role that waits', 'there !== undefined && !Bun.deepEquals(there.body.allow, merged)', 'there === null'],
  ]),
  ...switches('src/control/reviews/reviewer.ts', TEST, [
    ['never oneself', 'nobody is delegated', 'if (await has(item, me))', 'if (false)'],
    ['never one to whom it is delegated', 'nobody is delegated', 'if (await has(item, person.id))', 'if (false)'],
    ['whose an item is', 'an owner, by any name', 'if (item.reviewers.includes(me) ||', 'if (true ||'],
    ['the machine\'s token', 'an owner, by any name', "if (me === undefined || admin.proof?.via === 'root')", 'if (me === undefined)'],
  ]),
  ...switches('src/review/decision.ts', TEST, [
    ['a look of its own', 'wants a look of its own', 'if (grave === undefined) return;', 'if (grave !== null) return;'],
  ]),
  ...switches('src/control/reviews/decide.ts', TEST, [
    ['answers faster than anybody reads', 'answers faster than', 'if (given > LIMITS.reviewPerMinuteMax)', 'if (given < 0)'],
    ['one answer', 'nobody is delegated', "if (item.body.state !== 'open') throw", 'if (false) throw'],
  ]),
  ...switches('src/control/reviews/moved.ts', TEST, [
    ['bindings that moved', 'is gone for whom it was asked about', 'binding = moved[binding] ?? binding;', 'binding = String(binding);'],
  ]),
  ...switches('src/control/reviews/remedy.ts', LAPSE, [
    ['bindings that move meanwhile', 'two rights of one binding', 'apply(rows, space, await following(rows, space, word.campaign, remedy), now)',
      'apply(rows, space, remedy, now)'],
  ]),
  ...switches('src/control/reviews/remedy.ts', TEST, [
    ['other servers of a role', 'is gone for whom it was asked about', 'if (placeOf(rule) !== place) return [rule];',
      'if (placeOf(rule) !== place) return [];'],
    ['narrowing never widens', 'lapses only where', 'return [{ ...rule, tools:', 'return [{ server: rule.server, tools:'],
  ]),
  ...switches('src/control/reviews/lapse.ts', TEST, [
    ['what may lapse', 'lapses only where', "item.body.lapses === true ? 'lapsed' : 'unanswered'", "'lapsed'"],
    ['what is in use by now', 'lapses only where', '|| found?.lapses !== true)', '|| found === null)'],
    ['what was said and not begun', 'not begun, as control was ended', '  await resume(control, space, id);\n', ''],
    ['what is there again', 'is there again is told', "? 'returned' : remedy", '? remedy : remedy'],
  ]),
  ...switches('src/control/reviews/reviewer.ts', LAPSE, [
    ['never oneself by another id', 'whatever its binding is called by then', '[item.to, row?.body.to].some(', '[row?.body.to].some('],
  ]),
  ...switches('src/control/reviews/lapse.ts', LAPSE, [
    ['what was left half-lapsed', 'left half-lapsed', '(review.lapsedAt !== undefined && open.length === 0)', 'review.lapsedAt !== undefined'],
    ['answers given meanwhile', 'does not lapse', "(item?.body.state === 'open' ?", '(item !== undefined ?'],
    ['on whose word it lapsed', 'left half-lapsed', "item.body.state === 'lapsed' ? undefined : item", 'item'],
  ]),
  ...switches('src/control/reviews/tend.ts', LAPSE, [
    ['one campaign\'s failure', 'keeps no other from its time', '      failed.push(error);\n', '      throw error;\n'],
  ]),
  ...switches('src/control/reviews/close.ts', TEST, [
    ['open items', 'not closed over what is open', 'if (open.length > 0) {', 'if (open.length < 0) {'],
    ['evidence as it was put on record', 'evidence proves itself', 'if (digest !== review.closed.digest)', 'if (digest === null)'],
    ['people in evidence', 'evidence proves itself', 'by: of(word.by)', 'by: word.by'],
  ]),
  ...switches('src/review/report/csv.ts', TEST, [
    ['formulas in CSV', 'as text', "? `'${line}` : line", '? line : line'],
  ]),
  ...switches('src/control/reviews/tend.ts', TEST, [
    ['campaigns that are due', 'settled by itself', 'if (at >= body.dueAt) await lapse(', 'if (at < 0) await lapse('],
    ['reminders', 'settled by itself', 'else if (isTimeToRemind(', 'else if (false && isTimeToRemind('],
  ]),
];
