import { expect, setDefaultTimeout, test } from 'bun:test';
import { part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation } from './installation.ts';
import { keys, rowSaying, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
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

test('an administrator enrols a server by keys alone: declared, scanned, approved', async () => {
  const { client, crm } = await installation();
  // Its page may ask for it once more after it was removed.
  const { page } = await open({ role: 'admin', at: 'servers', allows: [/404.*second-crm/] });
  await page.getByRole('button', { name: 'Enrol a server', disabled: false }).waitFor();
  await keys(page, 'n');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).waitFor();
  await page.keyboard.type('second-crm');
  await tabTo(page, 'Owner');
  await page.keyboard.type('olivia');
  await tabTo(page, 'Address');
  await page.keyboard.type(crm.url);
  await tabTo(page, 'It is on our own network');
  await page.keyboard.press('Space');
  await axe(page);
  await picture(page, 'enrol');
  await dialog.getByText('The same on the command line').click();
  await dialog.getByText('sallyport server add second-crm --url').waitFor();
  await dialog.getByLabel('Name', { exact: true }).focus();
  await keys(page, 'Enter');
  await page.waitForURL(/\/servers\/second-crm/);
  await page.getByText('Not read yet').waitFor();
  await tabTo(page, 'Scan');
  await keys(page, 'Enter');
  await dialog.getByText('Everything it says is read through the gate').waitFor();
  await keys(page, 'Enter');
  await page.getByText('all of it is new').waitFor();
  await dialog.waitFor({ state: 'detached' });
  await axe(page);
  await tabTo(page, 'Approve');
  await keys(page, 'Enter');
  await dialog.getByText('Exactly this becomes the allow-list').waitFor();
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Nothing waits for approval').waitFor();
  expect(text(part(await client.get('/servers/second-crm'), 'status'))).toBe('approved');

  await page.getByRole('button', { name: 'Remove' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.waitForURL(/\/servers$/);
});

test('a toolset is made of tools of two servers', async () => {
  const { client } = await installation();
  const { page } = await open({ role: 'admin', at: 'servers?tab=toolsets' });
  await page.getByRole('heading', { name: '/mcp/t/desk' }).waitFor();
  await axe(page);
  await page.getByRole('button', { name: 'New toolset' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('front');
  await dialog.getByLabel('Tools').fill('crm=search_contacts\nfiles=*');
  await dialog.getByRole('button', { name: 'New toolset' }).click();
  await page.getByRole('heading', { name: '/mcp/t/front' }).waitFor();
  expect(JSON.stringify(await client.get('/toolsets'))).toContain('{"server":"files","tools":"*","prompts":[],"resources":false}');
  await client.send('DELETE', '/toolsets/front');
});
