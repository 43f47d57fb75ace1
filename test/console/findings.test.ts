import { expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { keys } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

const statesOf = async ({ client }: Installation): Promise<readonly string[]> =>
  objects(part(await client.get('/findings', { state: 'all' }), 'findings')).map(({ state }) => text(state));

test('the story\'s findings are there, gravest first, and one tells what is known of it', async () => {
  const { page } = await open({ role: 'analyst', at: 'findings' });
  const table = page.getByRole('grid', { name: 'Findings' });
  await table.waitFor();
  await axe(page);
  await picture(page, 'findings');
  await table.getByRole('row').nth(1).click();
  await page.getByRole('heading', { name: 'In the log' }).waitFor();
  await axe(page);
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('tab', { name: 'Trends' }).click();
  await page.getByRole('img', { name: 'By severity' }).waitFor();
  await axe(page);
});

test('an analyst suppresses one by the mouse, with a reason and an end, and acknowledges one by keys alone', async () => {
  const of = await installation();
  const { page } = await open({ role: 'analyst', at: 'findings' });
  const table = page.getByRole('grid', { name: 'Findings' });
  await table.getByRole('row').nth(1).click();
  await page.getByRole('button', { name: 'Suppress' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('test data');
  await dialog.getByText('The same on the command line').click();
  await dialog.getByText(/sallyport finding suppress .* --for 1[45]d --reason 'test data'/).waitFor();
  await dialog.getByRole('button', { name: 'Suppress' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('suppressed it').waitFor();
  expect(await statesOf(of)).toContain('suppressed');

  await page.getByRole('button', { name: 'Close' }).click();
  await keys(page, 'j');
  await keys(page, 'a');
  await dialog.getByLabel('Reason').waitFor();
  await page.keyboard.type('known');
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  expect(await statesOf(of)).toContain('acknowledged');
});

test('an analyst goes from a finding to the incident that was made of it', async () => {
  const { client } = await installation();
  const all = objects(part(await client.get('/findings', { state: 'all' }), 'findings'));
  const shown = await Promise.all(all.map(async ({ id }) => client.get(`/findings/${text(id)}`)));
  const one = shown.find((finding) => objects(part(finding, 'incidents')).length > 0);
  const { page } = await open({ role: 'analyst', at: `findings/${text(part(one, 'id'))}` });
  await page.getByRole('heading', { name: 'Incidents that it is a signal of' }).waitFor();
  await axe(page);
  await page.getByRole('link', { name: text(objects(part(one, 'incidents'))[0]?.['title']) }).first().click();
  await page.getByRole('tab', { name: 'Containment' }).waitFor();
});

test('an auditor sees them, and may say nothing of them', async () => {
  const of = await installation();
  const [first] = objects(part(await of.client.get('/findings', { state: 'all' }), 'findings'));
  const { page } = await open({ role: 'auditor', at: `findings/${text(first?.['id'])}` });
  await page.getByRole('heading', { name: 'In the log' }).waitFor();
  expect(await page.getByRole('button', { name: 'Resolve' }).isDisabled()).toBeTrue();
});
