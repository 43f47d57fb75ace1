import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { objects, part } from '../../src/cli/json-view.ts';
import { verifies } from '../e2e/requirements.ts';
import { useConsole } from './harness.ts';
import type { Installation } from './installation.ts';
import { keys } from './keyboard.ts';
import { untilPaymentWaits } from './payments.ts';

// What people come for, from its beginning to its end, once with a mouse and once by keys alone.
setDefaultTimeout(300_000);

const open = useConsole();

test(verifies('console-approve', 'an approver approves a held call, and the call completes'), async () => {
  const { page, installation } = await open({ role: 'approver', at: 'approvals' });
  const paid = installation.pay(1234);
  const id = await untilPaymentWaits(installation, 1234);
  await untilQueueShows(page, installation);
  await openCall(page, id, '1234');
  await page.getByRole('button', { name: /^Approve/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(await paid).toMatchObject({ outcome: 'allowed', answer: 'paid 1234 EUR for c-2' });
  expect(installation.crm.effects).toContain('pay c-2 1234');
});

test('the same by keys alone', async () => {
  const { page, installation } = await open({ role: 'approver' });
  const paid = installation.pay(1357);
  const id = await untilPaymentWaits(installation, 1357);
  await page.getByRole('link', { name: 'Approvals' }).waitFor();
  await keys(page, 'g a');
  const waiting = await untilQueueShows(page, installation);
  // Down the queue until the call is the one that is meant.
  for (let row = 0; row < waiting && !page.url().includes(id); row += 1) {
    const before = page.url();
    await keys(page, 'j Enter');
    await page.waitForURL((url) => url.href !== before);
  }
  expect(page.url()).toContain(id);
  await page.getByText('1357').first().waitFor();
  await keys(page, 'a');
  await page.getByRole('dialog').waitFor();
  await keys(page, 'Enter');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect((await paid).outcome).toBe('allowed');
});

/** Everything that waits stands in the queue that is open; gives how much that is. */
async function untilQueueShows(page: Page, { client }: Installation): Promise<number> {
  const waiting = objects(part(await client.get('/approvals', { state: 'pending' }), 'approvals')).length;
  await page.getByRole('row').nth(waiting).waitFor();
  return waiting;
}

/** Opens the calls of the queue, one after the other, until it is the one that is meant. */
async function openCall(page: Page, id: string, says: string): Promise<void> {
  const rows = page.getByRole('row');
  for (let at = 1; at < await rows.count() && !page.url().includes(id); at += 1) {
    const before = page.url();
    await rows.nth(at).click();
    await page.waitForURL((url) => url.href !== before);
  }
  expect(page.url()).toContain(id);
  await page.getByRole('complementary').getByText(says).first().waitFor();
}
