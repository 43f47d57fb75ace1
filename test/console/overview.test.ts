import { expect, setDefaultTimeout, test } from 'bun:test';
import { useConsole } from './harness.ts';
import { keys, rowSaying } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(120_000);
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
