import { LIMITS } from '../../domain/limits.ts';
import { day, DAY_MS } from '../../review/days.ts';
import { every } from '../every.ts';
import type { Control } from '../control.ts';
import { listStored, type Stored } from '../stored.ts';
import { closeReview } from './close.ts';
import { lapse, resume } from './lapse.ts';
import { openReview } from './open.ts';
import { remind } from './remind.ts';
import { REVIEWS } from './remedy.ts';
import type { StoredReview } from './schema.ts';

const LOOK_MS = 60 * 60_000;
/** So long before they are due people are told once more. */
const REMIND_DAYS = [7, 2, 0];

/** Settles what is due, then opens a campaign in every space that has something to review and none open. Says in one line what came of it. */
export async function openScheduled(control: Control): Promise<string> {
  const failed = [...await tendAll(control)];
  const open = new Set((await listStored(control.store, 'review')).filter(({ body }) => body.state === 'open').map(({ space }) => space));
  const spaces = [...new Set((await listStored(control.store, 'server')).map(({ space }) => space))].filter((space) => !open.has(space));
  for (const space of spaces) {
    await openReview(control, { admin: { id: REVIEWS, may: [] }, space }, { title: `Review of ${day(control.now())}` })
      .catch((error: unknown) => void failed.push(error));
  }
  if (failed.length > 0) throw failed[0];
  return `opened in ${spaces.length} spaces, open before in ${open.size}`;
}

/**
 * Everything that time does to open campaigns: reminders, lapses, and the end. What fails of one keeps no other from it, and is tried again
 * the next time. Gives what failed.
 */
async function tendAll(control: Control): Promise<readonly unknown[]> {
  const open = (await listStored(control.store, 'review')).filter(({ body }) => body.state === 'open');
  const failed: unknown[] = [];
  for (const one of open) {
    await tend(control, one).catch((error: unknown) => {
      failed.push(error);
      control.report(`the review ${one.id} cannot be looked after: ${error instanceof Error ? error.message : 'unknown'}`);
    });
  }
  return failed;
}

async function tend(control: Control, { id, space, body }: Stored<StoredReview>): Promise<void> {
  const at = control.now();
  await resume(control, space, id);
  if (at >= body.dueAt) await lapse(control, space, id);
  else if (isTimeToRemind(body.reminders, body.openedAt, body.dueAt, at)) await remind(control, space, id);
  if (at >= body.dueAt + LIMITS.reviewGraceMs) await closeReview(control, { admin: { id: REVIEWS, may: [] }, space }, id);
}

function isTimeToRemind(reminders: readonly { readonly at: number }[], openedAt: number, dueAt: number, now: number): boolean {
  const last = reminders.at(-1)?.at ?? openedAt;
  return REMIND_DAYS.some((days) => dueAt - days * DAY_MS > last && dueAt - days * DAY_MS <= now);
}

/** Looks every hour; where replicas run, one of them. */
export function keepReviews(control: Control): () => Promise<void> {
  const look = async (): Promise<void> => {
    if (await control.state.setIfAbsent('reviews/tend', '1', LOOK_MS / 2)) await tendAll(control);
  };
  return every(LOOK_MS, look, (why) => control.report(`reviews cannot be looked after: ${why}`));
}
