import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { isArray, type JsonObject } from '../../src/domain/json.ts';
import type { Step } from '../../demo/agent.ts';
import { verifies } from '../e2e/requirements.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { focused, keys, rowSaying, tabTo } from './keyboard.ts';

// An analyst follows an attack from what was found of it to its end, once with a mouse and once by keys alone.
setDefaultTimeout(300_000);

const open = useConsole();
/** Something that the deceived agent does all day. */
const ORDINARY: Step = { who: 'research', sdk: 'v2', server: 'mail', tool: 'list_inbox', args: {}, expect: 'allowed' };

test(verifies('console-attack', 'an analyst follows an attack from finding to containment: the agent is stopped at the gate'), async () => {
  const of = await installation();
  const { id, title } = await attack(of);
  const { page } = await open({ role: 'analyst', at: 'findings' });
  const findings = page.getByRole('grid', { name: 'Findings' });
  await findings.getByRole('row').nth(1).click();
  await page.getByRole('heading', { name: 'In the log' }).waitFor();
  await page.getByRole('link', { name: 'Incidents' }).click();
  await page.getByRole('grid', { name: 'Incidents' }).getByRole('row').filter({ hasText: title }).first().click();
  await page.waitForURL(`**/incidents/${id}**`);
  await page.getByText('opened', { exact: true }).first().waitFor();
  await page.getByRole('tab', { name: /^Containment/ }).click();
  await page.getByRole('button', { name: 'Contain' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What to do').selectOption('kill');
  await dialog.getByLabel('To what').selectOption('agent');
  await dialog.getByLabel('Which').fill('research-agent');
  await dialog.getByLabel('Reason').fill('does what pages tell it');
  await dialog.getByRole('button', { name: 'Show what it would do' }).click();
  await dialog.getByRole('status', { name: 'What it would do' }).waitFor();
  expect((await of.story.ask(ORDINARY)).outcome).toBe('allowed');
  await dialog.getByRole('button', { name: 'Do it' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Lift' }).first().waitFor();
  await expectStopped(of, id);
});

test('the same by keys alone', async () => {
  const of = await installation();
  const { id, title } = await attack(of);
  const { page } = await open({ role: 'analyst' });
  await page.getByRole('link', { name: 'Incidents' }).waitFor();
  await goBy(page, 'f', 'Findings');
  await keys(page, 'j Enter');
  await page.getByRole('heading', { name: 'In the log' }).waitFor();
  await goBy(page, 'i', 'Incidents');
  await rowSaying(page, title);
  await keys(page, 'Enter');
  await page.waitForURL(`**/incidents/${id}**`);
  await page.getByText('opened', { exact: true }).first().waitFor();
  await tabTo(page, /^Timeline/);
  for (let step = 0; step < 8 && !(await focused(page)).startsWith('Containment'); step += 1) await keys(page, 'ArrowRight');
  await keys(page, 'Enter c');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What to do').waitFor();
  await tabTo(page, 'What to do');
  await page.keyboard.type('stop');
  await tabTo(page, 'To what');
  await page.keyboard.type('agent');
  await tabTo(page, 'Which');
  await keys(page, 'Control+a');
  await page.keyboard.type('research-agent');
  await tabTo(page, 'Reason');
  await page.keyboard.type('does what pages tell it');
  await keys(page, 'Enter');
  await dialog.getByRole('status', { name: 'What it would do' }).waitFor();
  await keys(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  await expectStopped(of, id);
});

function isMeant({ kind, subjects }: JsonObject): boolean {
  const agents = part(subjects, 'agent');
  return kind === 'exfiltration' && isArray(agents) && agents.includes('research-agent');
}

/** The incident of the page that gave orders. */
async function attack({ client }: Installation): Promise<{ readonly id: string; readonly title: string }> {
  const all = objects(part(await client.get('/incidents'), 'incidents'));
  const found = all.find(isMeant);
  return { id: text(found?.['id']), title: text(found?.['title']) };
}

async function goBy(page: Page, key: string, table: string): Promise<void> {
  await keys(page, `g ${key}`);
  await page.getByRole('grid', { name: table }).getByRole('row').nth(1).waitFor();
}

/** It is stopped, on record with the incident; then everything is as it was. */
async function expectStopped(of: Installation, incident: string): Promise<void> {
  const [contained] = objects(part(await of.client.get('/containments', { incident, state: 'applied' }), 'containments')).filter(({ verb }) => verb === 'kill');
  expect(contained).toMatchObject({ scope: { target: 'agent', name: 'research-agent' }, reason: 'does what pages tell it' });
  expect((await of.story.ask(ORDINARY)).outcome).not.toBe('allowed');
  await of.client.send('POST', `/containments/${text(contained?.['id'])}/lift`, { reason: 'the test is over' });
  expect((await of.story.ask(ORDINARY)).outcome).toBe('allowed');
}
