import { expect, setDefaultTimeout, test } from 'bun:test';
import { number, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { keys, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

test('an analyst sees the story\'s exercise by keys, and gives what is to be changed to somebody until it is done', async () => {
  const { page } = await open({ role: 'analyst', at: 'exercises' });
  await page.getByText('81 % good').waitFor();
  await page.getByRole('region', { name: 'Packs' }).getByText('A ticket that talks to the agent').waitFor();
  await axe(page);
  await picture(page, 'exercises');
  await keys(page, 'j Enter');
  await page.getByText('81 %: 29 of 36 points').waitFor();
  await axe(page);
  await picture(page, 'exercise');
  await tabTo(page, 'Give to somebody');
  await keys(page, 'Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.keyboard.type('the desk');
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('the desk', { exact: true }).waitFor();
});

test('an exercise on paper is begun and scored by mouse; its score is what control makes of it', async () => {
  const { page, installation: of } = await open({ role: 'analyst', at: 'exercises' });
  await page.getByRole('button', { name: 'Begin on paper' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Who takes part').fill('the desk, legal');
  await dialog.getByRole('button', { name: 'Begin on paper' }).click();
  await page.waitForURL(/\/exercises\/[0-9a-f-]{36}/);
  await page.getByRole('button', { name: 'Say what was done' }).click();
  await dialog.getByLabel('Somebody owns the incident').selectOption('in-time');
  await axe(page);
  await dialog.getByRole('button', { name: 'Say what was done' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('in time').waitFor();
  const shown = await of.client.get(`/exercises/${new URL(page.url()).pathname.split('/').at(-1) ?? ''}`);
  expect([text(part(shown, 'state')), number(part(shown, 'score', 'points'))]).toEqual(['scored', 4]);
});
