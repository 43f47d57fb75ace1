import { expect, setDefaultTimeout, test } from 'bun:test';
import { number, objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { keys, rowSaying, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

const headOf = async ({ client }: Installation): Promise<number> => number(part(await client.get('/configuration'), 'head', 'number'));

/** One change that nobody needs, and the version before it. */
async function change(of: Installation, role: string): Promise<number> {
  const before = await headOf(of);
  await of.client.send('PUT', `/roles/${role}`, { allow: [{ server: 'memory', effects: ['read'] }] });
  return before;
}

test('the story\'s versions are there, with who, what and when; one tells what it changed and the manifest after it', async () => {
  const { page } = await open({ role: 'auditor', at: 'configuration' });
  const table = page.getByRole('grid', { name: 'Versions' });
  await table.waitFor();
  await page.getByRole('region', { name: 'In force' }).getByText('sallyport.yaml', { exact: false }).waitFor();
  await axe(page);
  await picture(page, 'configuration');
  await keys(page, '/');
  await page.keyboard.type('server.approve crm');
  await page.waitForURL(/q=server/);
  await table.getByText('server.approve crm').first().waitFor();
  await keys(page, 'Escape');
  await rowSaying(page, 'server.approve crm');
  await keys(page, 'Enter');
  await page.waitForURL(/\/configuration\/\d+$/);
  await page.getByRole('region', { name: 'What differs' }).getByText('crm').first().waitFor();
  await page.getByRole('region', { name: 'The manifest after it' }).getByText(/^apiVersion: sallyport/).first().waitFor();
  expect(await page.getByRole('button', { name: 'Roll back' }).isDisabled()).toBeTrue();
  await axe(page);
  await picture(page, 'configuration-version');
});

test('an auditor verifies every version, and compares two by what differs and who can do more', async () => {
  const of = await installation();
  const { page } = await open({ role: 'auditor', at: 'configuration?tab=compare&from=2' });
  await page.getByRole('region', { name: 'Who can do more or less' }).waitFor();
  await page.getByText('status: approved').first().waitFor();
  await page.getByText(/^sallyport config diff 2 \d+$/).waitFor();
  await axe(page);
  await page.getByRole('button', { name: 'Verify' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Verify' }).click();
  await dialog.getByText(/All \d+ versions hold/).waitFor();
  expect(await dialog.getByText('holds', { exact: true }).count()).toBe(1);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect(await headOf(of)).toBeGreaterThan(2);
});

test('an administrator sees what a roll back would undo before it is done, and does it by keys alone', async () => {
  const of = await installation();
  const before = await change(of, 'passing');
  const { page } = await open({ role: 'admin', at: `configuration/${before}` });
  await page.getByRole('button', { name: 'Roll back', disabled: false }).waitFor();
  await tabTo(page, 'Roll back');
  await keys(page, 'Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('removed', { exact: true }).first().waitFor();
  await dialog.getByText('passing').first().waitFor();
  await axe(page);
  await page.keyboard.type('nobody needs it');
  await keys(page, 'Enter');
  await page.waitForURL(/\/configuration$/);
  await page.getByText(`brings back version ${before}`).first().waitFor();
  expect(objects(part(await of.client.get('/roles'), 'roles')).map(({ id }) => text(id))).not.toContain('passing');
});

test('an administrator does it by the mouse too, with its command; the manifest is saved as a file', async () => {
  const of = await installation();
  const before = await change(of, 'fleeting');
  const { page } = await open({ role: 'admin', at: `configuration/${before}` });
  await page.getByRole('button', { name: 'Roll back' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('nobody needs it');
  await dialog.getByText('The same on the command line').click();
  await dialog.getByText(`sallyport config rollback ${before} --reason 'nobody needs it'`).waitFor();
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await page.waitForURL(/\/configuration$/);
  await page.getByRole('tab', { name: 'Manifest' }).click();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save' }).first().click();
  expect((await saved).suggestedFilename()).toBe('sallyport.yaml');
  await axe(page);
});

test('files of clients: what was approved where, and who watches it', async () => {
  const { client } = await installation();
  const place = { host: 'laptop-7', place: '/home/mia' };
  const approval = { ...place, root: 'a'.repeat(64), number: 1, files: 7, differences: [], left: 0, reason: 'as it should be' };
  await client.send('POST', '/file-approvals', approval);
  await client.send('POST', '/file-watches', { ...place, everyMs: 60_000, state: 'watching' });
  const { page } = await open({ role: 'auditor', at: 'configuration?tab=files' });
  const row = page.getByRole('grid', { name: 'Files as they were approved' }).getByRole('row').filter({ hasText: 'laptop-7' });
  await row.getByText('1: 7 files').waitFor();
  await row.getByText('watching').waitFor();
  await page.getByText('sallyport config seal .mcp.json').waitFor();
  await axe(page);
});
