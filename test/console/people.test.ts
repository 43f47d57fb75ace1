import { expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part, text } from '../../src/cli/json-view.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { keys, rowSaying, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

const find = async ({ client }: Installation, path: string, member: string, is: (one: JsonObject) => boolean): Promise<JsonObject | undefined> =>
  objects(part(await client.get(path), member)).find(is);

test('the story\'s agents are there with their ceilings, and one says who answers for it; each view is free of barriers', async () => {
  const { page } = await open({ role: 'admin', at: 'people' });
  await page.getByRole('grid', { name: 'Agents' }).getByText('support-agent', { exact: true }).click();
  await page.getByText('Answers customers from the CRM').waitFor();
  await axe(page);
  await picture(page, 'people');
  await page.getByRole('button', { name: 'Close' }).click();
  for (const [tab, shows] of [['People', 'olivia'], ['Agent tokens', 'finance-agent'], ['What they can do', 'pay_invoice']] as const) {
    await page.getByRole('tab', { name: tab }).click();
    await page.getByText(shows, { exact: true }).first().waitFor();
    await axe(page);
  }
  await picture(page, 'people-access');
});

test('an administrator makes a token by the mouse: it is shown once, and revoked by keys alone', async () => {
  const of = await installation();
  const { page } = await open({ role: 'admin', at: 'people?tab=tokens' });
  await page.getByRole('button', { name: 'Make a token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Agent', { exact: true }).fill('support-agent');
  await dialog.getByLabel('For whom').fill('zoe');
  await dialog.getByLabel('Routes').fill('/mcp/crm');
  await dialog.getByText('The same on the command line').click();
  await dialog.getByText('sallyport token create support-agent --for /mcp/crm --person zoe --ttl 8h').waitFor();
  await dialog.getByRole('button', { name: 'Make a token' }).click();
  await dialog.getByText('This is the only time').waitFor();
  await axe(page);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await dialog.waitFor({ state: 'detached' });

  await page.getByRole('grid', { name: 'Agent tokens' }).getByText('zoe').waitFor();
  await keys(page, 'j');
  await rowSaying(page, 'zoe');
  await keys(page, 'Enter');
  await tabTo(page, 'Revoke');
  await keys(page, 'Enter');
  await dialog.getByText('Gateways obey at once').waitFor();
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  const made = await find(of, '/tokens', 'tokens', ({ subject }) => subject === 'zoe');
  expect(text(made?.['state'])).toBe('revoked');
});

test('an agent is registered, and renewed to a later day', async () => {
  const of = await installation();
  const { page } = await open({ role: 'admin', at: 'people' });
  await page.getByRole('button', { name: 'Register an agent' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('night-agent');
  await dialog.getByLabel('Owner').fill('olivia');
  await dialog.getByLabel('Purpose').fill('Counts contacts at night.');
  await dialog.getByLabel('May at most').fill('crm=read\nt/desk=*');
  await dialog.getByRole('button', { name: 'Register an agent' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('night-agent', { exact: true }).click();
  const before = await find(of, '/agents', 'agents', ({ id }) => id === 'night-agent');
  expect(before?.['allow']).toEqual([{ server: 'crm', effects: ['read'] }, { toolset: 'desk', effects: '*' }]);
  await page.getByRole('button', { name: 'Renew' }).click();
  const later = new Date(Date.now() + 300 * 86_400_000).toISOString().slice(0, 10);
  await dialog.getByLabel('Ends').fill(later);
  await dialog.getByRole('button', { name: 'Renew' }).click();
  await dialog.waitFor({ state: 'detached' });
  const after = await find(of, '/agents', 'agents', ({ id }) => id === 'night-agent');
  expect(after?.['expiresAt']).toBe(Date.parse(later));
  await of.client.send('DELETE', '/agents/night-agent');
});

test('an administrator deactivates a person and lets them in again; an auditor may not', async () => {
  const of = await installation();
  await of.client.send('POST', '/accounts', { userName: 'rosa', groups: ['support'] });
  const { page } = await open({ role: 'admin', at: 'people?tab=people' });
  await page.getByRole('grid', { name: 'People' }).getByText('rosa', { exact: true }).click();
  await page.getByText('reader', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Deactivate' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Deactivate' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Activate' }).click();
  await dialog.getByRole('button', { name: 'Activate' }).click();
  await dialog.waitFor({ state: 'detached' });
  const person = await find(of, '/people', 'people', ({ userName }) => userName === 'rosa');
  expect(person?.['active']).toBeTrue();

  const { page: theirs } = await open({ role: 'auditor', at: 'people' });
  await theirs.getByRole('grid', { name: 'Agents' }).waitFor();
  expect(await theirs.getByRole('button', { name: 'Register an agent' }).isDisabled()).toBeTrue();
});
