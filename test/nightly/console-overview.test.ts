import { expect, setDefaultTimeout, test } from 'bun:test';
import { askAs } from '../../demo/agent.ts';
import { controlClient, type Client } from '../../src/cli/client.ts';
import { caOf } from '../../src/cli/connect.ts';
import { part, text } from '../../src/cli/json-view.ts';
import { useConsole } from '../console/harness.ts';
import type { Installation } from '../console/installation.ts';
import { keys, rowSaying, tabTo } from '../console/keyboard.ts';
import { axe, picture } from '../console/looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

test('the first screen says how things stand, who calls what, and what waits; a call that is made now is seen', async () => {
  const { page, installation } = await open({ role: 'admin' });
  await page.waitForURL('**/console/overview');
  await page.getByRole('region', { name: 'How things stand' }).getByText('In force').waitFor();
  const map = page.getByRole('region', { name: 'What happens' }).last();
  await map.getByText('support-agent').waitFor();
  await map.getByText('Stopped here').waitFor();
  const flows = page.getByRole('region', { name: 'Who called what' }).last();
  expect(await flows.getByRole('row').filter({ hasText: 'finance-agent' }).filter({ hasText: 'crm' }).count()).toBeGreaterThan(0);
  await page.getByRole('region', { name: 'Calls by server and hour' }).getByText('crm').waitFor();
  const paid = installation.pay(4_100);
  await page.getByRole('region', { name: 'Just now' }).getByText('finance-agent → crm → pay_invoice').first().waitFor();
  await axe(page);
  await picture(page, 'overview');
  void paid;
});

test('what waits for a person opens where it is decided, by mouse and by keys', async () => {
  const { page } = await open({ role: 'approver', at: 'overview' });
  await page.getByText('Who calls what is for those who may read the log').waitFor();
  const needs = page.getByRole('grid', { name: 'What needs a person now' });
  await needs.getByText('pay_invoice').first().click();
  await page.waitForURL(/\/console\/approvals\/[0-9a-f-]{36}/);
  await keys(page, 'g o');
  await needs.waitFor();
  await rowSaying(page, 'pay_invoice');
  await keys(page, 'Enter');
  await page.waitForURL(/\/console\/approvals\/[0-9a-f-]{36}/);
  await page.goBack();
  await needs.waitFor();
  await axe(page);
});

const SPACE = 'newcomer';

function inSpace({ home, io }: Installation): Client {
  return controlClient({ home, space: SPACE, control: undefined }, { ...io, env: {} });
}

test('who comes to an empty space is guided to the first governed call, which is seen to pass', async () => {
  const { page, installation } = await open({ role: 'admin', at: `overview?space=${SPACE}` });
  const guide = page.getByRole('region', { name: 'Your first governed call' });
  await guide.getByText('sallyport server add crm').waitFor();
  await axe(page);
  await picture(page, 'first-run');
  await guide.getByRole('button', { name: 'Declare a server' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('customers');
  await dialog.getByLabel('Address of the server').fill(installation.crm.url);
  await dialog.getByLabel('Who answers for it').fill('sales');
  await dialog.getByLabel('It is in our own network').check();
  await dialog.getByRole('button', { name: 'Declare a server' }).click();
  await dialog.waitFor({ state: 'detached' });
  await guide.getByRole('button', { name: 'Read it' }).click();
  await dialog.getByLabel('Name of the server').fill('customers');
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  // What it offers is approved on its own screen.
  const client = inSpace(installation);
  const { candidate } = Object(await client.get('/servers/customers'));
  await client.send('POST', '/servers/customers/approve', { digest: text(part(candidate, 'digest')), effects: { search_contacts: 'read' } });
  await guide.getByRole('button', { name: 'Register an agent' }).waitFor();
  await tabTo(page, 'Register an agent');
  await keys(page, 'Enter');
  await dialog.getByLabel('Name').fill('helper');
  await dialog.getByLabel('Who answers for it').fill('sales');
  await dialog.getByLabel('What it does').fill('answers customers');
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  await guide.getByRole('button', { name: 'Allow reading' }).click();
  await dialog.getByLabel('Name of the server').fill('customers');
  await dialog.getByLabel('Group of people who may').fill('support');
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  await guide.getByText('sallyport connect --write').waitFor();
  const made = await client.send('POST', '/tokens', { agent: 'helper', audience: ['/mcp/customers'], groups: ['support'], ttlMs: 600_000 });
  const access = { url: `${installation.gate}/s/${SPACE}`, ca: caOf(installation.home) ?? '', token: text(part(made, 'token')) };
  const step = { who: 'helper', sdk: 'v1', server: 'customers', tool: 'search_contacts', args: { query: 'Ada' }, expect: 'allowed' } as const;
  expect(await askAs(access, step)).toMatchObject({ outcome: 'allowed' });
  await guide.getByText('That was it').waitFor();
  await page.getByRole('region', { name: 'What happens' }).last().getByText('helper').waitFor();
});
