import { expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { keys, rowSaying } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

async function itemAbout({ client }: Installation, subject: string): Promise<string> {
  const [review] = objects(part(await client.get('/reviews'), 'reviews'));
  const items = objects(part(await client.get(`/reviews/${text(review?.['id'])}/items`), 'items'));
  return text(items.find((item) => text(part(item, 'subject', 'id')) === subject)?.['state']);
}

test('who is asked certifies by keys alone, with a reason, and the campaign knows', async () => {
  const { page, installation: of } = await open({ role: 'admin', at: 'reviews' });
  await page.getByRole('grid', { name: 'Items' }).waitFor();
  await axe(page);
  await picture(page, 'reviews');
  await rowSaying(page, 'no client of');
  await keys(page, 'Enter');
  await page.getByRole('complementary', { name: 'Details' }).getByText('Why it is asked').waitFor();
  await axe(page);
  await keys(page, 'Escape j c');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.keyboard.type('seen, and it stays');
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  const items = objects(part(await of.client.get(`/reviews/${await first(of)}/items`, { state: 'certified' }), 'items'));
  expect(items.length).toBeGreaterThan(0);
});

test('a campaign shows its trend, and its report is saved; revoking by mouse says what follows', async () => {
  const { page, installation: of } = await open({ role: 'admin', at: 'reviews?tab=campaigns' });
  await page.getByText('What was asked, campaign by campaign').waitFor();
  await axe(page);
  await page.getByRole('row', { name: /Fourth quarter/ }).click();
  await page.waitForURL(/\/reviews\/[0-9a-f-]{36}/);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the report' }).click();
  expect((await saved).suggestedFilename()).toMatch(/^review-.*\.html$/);
  await page.getByRole('row', { name: /vendor wordwise/ }).click();
  await page.getByRole('button', { name: 'Revoke' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('they never answered');
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await itemAbout(of, 'wordwise')).toBe('revoked');
  await axe(page);
  await picture(page, 'review');
});

async function first({ client }: Installation): Promise<string> {
  return text(objects(part(await client.get('/reviews'), 'reviews'))[0]?.['id']);
}

test('an auditor sees the campaign, and answers nothing of others', async () => {
  const { page } = await open({ role: 'auditor', at: `reviews/${await first(await installation())}` });
  await page.getByRole('grid', { name: 'Items' }).waitFor();
  expect(await page.getByRole('button', { name: 'Close the campaign' }).isDisabled()).toBe(true);
});
