import { expect, setDefaultTimeout, test } from 'bun:test';
import { useConsole } from './harness.ts';
import { keys } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

test('the story\'s sessions are there; one is told step by step, drawn, and played again', async () => {
  const { page } = await open({ role: 'analyst', at: 'sessions' });
  const table = page.getByRole('grid', { name: 'Sessions' });
  await table.waitFor();
  await axe(page);
  await picture(page, 'sessions');
  await page.getByLabel('Filter').fill('nobody is called so');
  await page.getByText('No session', { exact: true }).waitFor();
  await page.getByLabel('Filter').fill('research');
  await table.getByRole('row').nth(1).click();
  const timeline = page.getByRole('grid', { name: 'Timeline' });
  await timeline.getByText('denied').first().waitFor();
  await axe(page);
  await picture(page, 'session');
  await timeline.getByText('denied').first().click();
  await page.getByRole('complementary', { name: 'Details' }).getByText('by policy').first().waitFor();
  await axe(page);
  await page.getByRole('tab', { name: 'Data flow' }).click();
  await page.getByRole('region', { name: 'Data flow' }).waitFor();
  await axe(page);
  await page.getByRole('tab', { name: 'Replay' }).click();
  await page.getByText(/^Step 1 of \d+$/).waitFor();
  await axe(page);
});

test('by keys alone: from the list into a session, and on through its steps', async () => {
  const { page } = await open({ role: 'analyst', at: 'sessions' });
  await page.getByRole('grid', { name: 'Sessions' }).waitFor();
  await keys(page, 'j');
  await keys(page, 'Enter');
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  await page.getByRole('tab', { name: 'Timeline' }).focus();
  await keys(page, 'ArrowRight');
  await page.getByRole('region', { name: 'Data flow' }).waitFor();
  await keys(page, 'ArrowRight');
  await page.getByText(/^Step 1 of \d+$/).waitFor();
  await page.locator('main').focus();
  await keys(page, '.');
  await page.getByText(/^Step 2 of \d+$/).waitFor();
  expect(page.url()).toContain('tab=replay');
});
