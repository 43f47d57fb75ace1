import { expect, setDefaultTimeout, test } from 'bun:test';
import { part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation } from './installation.ts';
import { keys, rowSaying, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(120_000);
const open = useConsole();

test('the story\'s servers are there, and one shows what it offers, word by word, and how it is started', async () => {
  const { page } = await open({ role: 'admin', at: 'servers' });
  const table = page.getByRole('grid', { name: 'Servers and tools' });
  await table.getByText('crm', { exact: true }).waitFor();
  await axe(page);
  await picture(page, 'servers');
  await keys(page, 'j');
  await rowSaying(page, 'files');
  await keys(page, 'Enter');
  await page.waitForURL(/\/servers\/files/);
  await page.getByRole('grid', { name: 'Tools' }).getByText('read_text_file', { exact: true }).click();
  await page.getByText('"inputSchema"').waitFor();
  await axe(page);
  await page.getByRole('tab', { name: 'Details' }).click();
  await page.getByText('How it is started').waitFor();
  await axe(page);
});

test('what a server changed after it was approved is a diff that one can read', async () => {
  const { page } = await open({ role: 'auditor', at: 'servers/crm' });
  const diff = page.getByRole('region', { name: 'What changes' }).last();
  await diff.locator('.diff-add').first().waitFor();
  await axe(page);
  await picture(page, 'server');
  expect(await page.getByRole('button', { name: 'Approve' }).isDisabled()).toBeTrue();
});

test('an administrator quarantines a server by the mouse, and approves it again by keys alone, with an effect confirmed', async () => {
  const { client } = await installation();
  const { page } = await open({ role: 'admin', at: 'servers/everything' });
  await page.getByRole('button', { name: 'Quarantine' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('behaves oddly');
  await dialog.getByText('The same on the command line').click();
  await dialog.getByText('sallyport server quarantine everything --reason \'behaves oddly\'').waitFor();
  await dialog.getByRole('button', { name: 'Quarantine' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('behaves oddly').waitFor();
  expect(text(part(await client.get('/servers/everything'), 'status'))).toBe('quarantined');

  await keys(page, 'a');
  await page.getByRole('combobox', { name: 'get-sum' }).selectOption('read');
  await page.getByRole('tab', { name: 'To approve' }).focus();
  await tabTo(page, 'Approve');
  await keys(page, 'Enter');
  await dialog.getByText('Exactly this becomes the allow-list').waitFor();
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Nothing waits for approval').waitFor();
  expect(text(part(await client.get('/servers/everything'), 'status'))).toBe('approved');
});
