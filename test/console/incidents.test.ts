import { expect, setDefaultTimeout, test } from 'bun:test';
import type { JsonObject } from '../../src/domain/json.ts';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { keys } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

async function story({ client }: Installation): Promise<JsonObject> {
  const all = objects(part(await client.get('/incidents'), 'incidents'));
  return all.find(({ subjects }) => part(subjects, 'server') !== undefined) ?? all[0] ?? {};
}

test('the story\'s incidents are there, and one tells what happened and what it touched', async () => {
  const { page } = await open({ role: 'analyst', at: 'incidents' });
  const table = page.getByRole('grid', { name: 'Incidents' });
  await table.waitFor();
  await page.getByText('Time to detect').waitFor();
  await axe(page);
  await picture(page, 'incidents');
  await keys(page, 'j Enter');
  await page.waitForURL(/\/incidents\/[0-9a-f-]{36}/);
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  await page.getByText('opened', { exact: true }).first().waitFor();
  await axe(page);
  await picture(page, 'incident');
  await page.getByRole('tab', { name: 'What it touched' }).click();
  await page.getByRole('region', { name: 'What it touched' }).waitFor();
  await axe(page);
});

test('an analyst sees what a containment would do before it is done, does it by keys alone, and lifts nothing unasked', async () => {
  const of = await installation();
  const incident = await story(of);
  const { page } = await open({ role: 'analyst', at: `incidents/${text(incident['id'])}?tab=containments` });
  await page.getByRole('button', { name: 'Contain', disabled: false }).waitFor();
  await keys(page, 'c');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What to do').selectOption('require-approval');
  await dialog.getByLabel('To what').selectOption('server');
  await dialog.getByLabel('Which').fill('crm');
  await dialog.getByLabel('Reason').fill('until it is looked at');
  await keys(page, 'Enter');
  await dialog.getByRole('status', { name: 'What it would do' }).waitFor();
  await axe(page);
  const before = objects(part(await of.client.get('/containments', { incident: text(incident['id']) }), 'containments')).length;
  await dialog.getByLabel('Reason').press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Lift' }).first().waitFor();
  const after = objects(part(await of.client.get('/containments', { incident: text(incident['id']) }), 'containments'));
  expect(after.length).toBe(before + 1);
  await of.client.send('POST', `/containments/${text(after[0]?.['id'])}/lift`, { reason: 'the test is over' });
});

test('an analyst runs a playbook step by step, and saves evidence that is one file', async () => {
  const of = await installation();
  const incident = await story(of);
  const { page } = await open({ role: 'analyst', at: `incidents/${text(incident['id'])}?tab=playbooks` });
  await page.getByRole('button', { name: 'Run a playbook' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('How').selectOption('dry');
  await dialog.getByLabel('Reason').fill('to see what it does');
  await dialog.getByRole('button', { name: 'Run a playbook' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('a rehearsal').first().waitFor();
  await axe(page);
  await page.getByRole('tab', { name: 'Evidence' }).click();
  await page.getByRole('button', { name: 'Make the evidence bundle' }).click();
  await dialog.getByRole('button', { name: 'Make the evidence bundle' }).click();
  const saved = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save it' }).click();
  expect((await saved).suggestedFilename()).toBe(`${text(incident['id'])}.tar`);
});
