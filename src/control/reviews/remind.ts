import { day } from '../../review/days.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Control } from '../control.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import { listItems } from './items.ts';

const BY = 'sallyport|reviews';
type Why = 'opened' | 'reminded' | 'lapsed' | 'closed';

const SAYS: Readonly<Record<Why, string>> = {
  opened: 'A review was opened', reminded: 'A review waits for answers', lapsed: 'A review was due, and what nobody answered for was settled',
  closed: 'A review was closed',
};

/**
 * Tells everybody who has something to answer, each by a mail of their own, and the webhooks of the topic. Counts and where to look: what is
 * asked stands in the campaign alone. Gives how many were mailed. Never rejects: what could not be told is reported.
 */
export async function announce(control: Control, space: string, id: string, why: Why): Promise<number> {
  const { store, notify, report } = control;
  const { body: review } = await needStored(store, 'review', space, id);
  const open = (await listItems(store, space, id)).filter(({ body }) => body.state === 'open');
  const text = `${SAYS[why]}: ${review.title}, ${open.length} items open, due on ${day(review.dueAt)}`;
  await notify.tell({ topic: 'review', what: `review.${why}`, id: `${id}.${why}.${review.reminders.length}`, text, data: { review: id, open: open.length,
    dueAt: review.dueAt } });
  if (why === 'closed' || why === 'lapsed' || !(await notify.reaches('review')).mail) return 0;
  const waiting = new Map<string, number>();
  for (const { body } of open) for (const person of body.reviewers) waiting.set(person, (waiting.get(person) ?? 0) + 1);
  const people = new Map((await listStored(store, 'person', DEFAULT_SPACE)).map((one) => [one.id, one.body]));
  let mailed = 0;
  for (const [person, count] of waiting) {
    const { email, active } = people.get(person) ?? {};
    if (email === undefined || active !== true) continue;
    const letter = {
      to: [email], subject: `${count} items to review by ${day(review.dueAt)}`,
      text: [
        `${SAYS[why]}: ${review.title}.`, '', `${count} of its items wait for you until ${day(review.dueAt)}.`,
        'Access that nobody used, exceptions that are stale, and orphaned servers without use are taken away when nobody answers.', '',
        'See them, the gravest first: sallyport review mine', '',
      ].join('\n'),
    };
    await notify.mail(letter).then(() => void (mailed += 1), (error: unknown) =>
      report(`a reviewer was not mailed: ${error instanceof Error ? error.message : 'unknown'}`));
  }
  return mailed;
}

/** The same once more, and on the campaign that it was done. */
export async function remind(control: Control, space: string, id: string): Promise<number> {
  const people = await announce(control, space, id, 'reminded');
  await control.store.transaction(async (rows) => {
    const { body } = await needStored(rows, 'review', space, id);
    await putStored(rows, 'review', space, id, { ...body, reminders: [...body.reminders, { at: control.now(), people }].slice(-100) }, BY);
  });
  return people;
}
