import { expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { keys, rowSaying, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

const LATER = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);

/** One more thing that a sensor saw around the gate, which nobody registered. */
async function seen({ client }: Installation, name: string): Promise<string> {
  const url = `https://${name}.example/mcp`;
  await client.send('POST', '/inventory/observations', {
    observations: [{
      sensor: 'network', kind: 'server', place: 'http.log:7', keys: [`url:${url}`], name, runs: { kind: 'remote', url }, confidence: 90, risks: ['no-auth'],
      facts: {}, seenAt: Date.now(),
    }],
  });
  const found = objects(part(await client.get('/inventory/assets', { status: 'rogue' }), 'assets')).find((one) => text(one['name']) === name);
  return text(found?.['id']);
}

test('what the story has beside the gate is there, the worst first, with the way under it', async () => {
  const { page } = await open({ role: 'auditor', at: 'inventory' });
  const table = page.getByRole('grid', { name: 'Inventory' });
  await table.getByText('rogue').first().waitFor();
  await axe(page);
  await picture(page, 'inventory');
  await table.getByRole('row').filter({ hasText: 'stock' }).filter({ hasText: 'rogue' }).first().click();
  await page.getByText(/^sallyport discover adopt [0-9a-f]+ --owner WHO$/).waitFor();
  await page.getByText('nobody registered it').first().waitFor();
  expect(await page.getByRole('button', { name: 'Ignore' }).isDisabled()).toBeTrue();
  await axe(page);
  await page.getByRole('tab', { name: 'To do' }).click();
  await page.getByRole('grid', { name: 'To do' }).getByRole('row').nth(1).click();
  await page.getByRole('link', { name: 'Show the asset' }).waitFor();
  await axe(page);
  await page.getByRole('tab', { name: 'Sensors' }).click();
  await page.getByText('No sensor', { exact: true }).waitFor();
  await axe(page);
});

test('an administrator ignores one until a day by keys alone, and hears of it again by the mouse', async () => {
  const of = await installation();
  const id = await seen(of, 'quiet-one');
  const { page } = await open({ role: 'admin', at: 'inventory?q=quiet-one' });
  await page.getByRole('grid', { name: 'Inventory' }).getByText('quiet-one', { exact: true }).waitFor();
  await rowSaying(page, 'quiet-one');
  await keys(page, 'i');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').waitFor();
  await page.keyboard.type('a test bed');
  await dialog.getByLabel('Until').fill(LATER);
  await tabTo(page, 'The same on the command line');
  await keys(page, 'Enter');
  await dialog.getByText(new RegExp(`^sallyport discover inventory ${id} --ignore 1[01]d --reason 'a test bed'$`)).waitFor();
  await tabTo(page, 'Ignore');
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('ignored', { exact: true }).first().waitFor();
  expect(text(part(await of.client.get(`/inventory/assets/${id}`), 'ignored', 'reason'))).toBe('a test bed');
  await page.goto(`${of.control}/console/inventory/${id}`);
  await page.getByRole('button', { name: 'Hear of it again' }).click();
  await dialog.getByRole('button', { name: 'Hear of it again' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Ignore' }).waitFor();
  expect(part(await of.client.get(`/inventory/assets/${id}`), 'ignored')).toBeUndefined();
});

test('an administrator declares a rogue that is reached by an address: it is a server of the registry then', async () => {
  const of = await installation();
  const id = await seen(of, 'stray-crm');
  const { page } = await open({ role: 'admin', at: `inventory/${id}` });
  await page.getByRole('button', { name: 'Declare it' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByLabel('Address', { exact: true }).inputValue()).toBe('https://stray-crm.example/mcp');
  await dialog.getByLabel('Owner').fill('sales@harbour.example');
  await dialog.getByText('The same on the command line').click();
  await dialog.getByText('sallyport server add stray-crm --url https://stray-crm.example/mcp --owner sales@harbour.example').waitFor();
  await dialog.getByRole('button', { name: 'Declare it' }).click();
  await page.waitForURL('**/servers/stray-crm');
  expect(text(part(await of.client.get('/servers/stray-crm'), 'status'))).toBe('declared');
  const after = await of.client.get('/inventory/assets', { status: 'rogue' });
  expect(objects(part(after, 'assets')).map((one) => text(one['id']))).not.toContain(id);
  await of.client.send('DELETE', '/servers/stray-crm');
});
