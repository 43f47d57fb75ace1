import { expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { keys, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

test('the story\'s vendor is there with its standing, and by keys with every input of its score', async () => {
  const { page } = await open({ role: 'auditor', at: 'vendors' });
  await page.getByText('no valid disclosure').waitFor();
  await axe(page);
  await picture(page, 'vendors');
  await keys(page, 'j Enter');
  await page.waitForURL(/\/vendors\/wordwise/);
  await page.getByRole('region', { name: 'What the score is made of' }).getByRole('rowheader', { name: 'authentication', exact: true }).waitFor();
  await axe(page);
  await picture(page, 'vendor');
});

test('a link to disclose is opened by mouse, shown once and closed; an event is noted by keys alone', async () => {
  const { page, installation: of } = await open({ role: 'admin', at: 'vendors/wordwise' });
  const before = objects(part(await of.client.get('/vendors/wordwise'), 'links')).length;
  await page.getByRole('button', { name: 'Link to disclose' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Link to disclose' }).click();
  await dialog.getByText(/\/disclosure\//).waitFor();
  await axe(page);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect(objects(part(await of.client.get('/vendors/wordwise'), 'links')).length).toBe(before + 1);
  await tabTo(page, 'Note an event');
  await keys(page, 'Enter');
  await dialog.waitFor();
  await keys(page, 'Tab');
  await page.keyboard.type('they wrote of stolen tokens');
  await tabTo(page, 'Note an event');
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  expect(objects(part(await of.client.get('/vendors/wordwise'), 'events')).map(({ event }) => text(event))).toContain('breach-notice');
});
