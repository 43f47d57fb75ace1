import { expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation } from './installation.ts';
import { keys } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

test('an auditor asks the log in its language, and verifies a record in the browser', async () => {
  const { page } = await open({ role: 'auditor', at: 'log' });
  const table = page.getByRole('grid', { name: 'Log' });
  await table.waitFor();
  await page.getByLabel('Filter').fill('event = config.changed and principal = sallyport|manifest and at >= 30d');
  await page.waitForURL(/q=event/);
  // Until its answer is here, the one before stays on the screen.
  await table.getByText('call.').first().waitFor({ state: 'detached' });
  await table.getByRole('row').nth(1).click();
  await page.getByRole('button', { name: 'Verify here' }).click();
  await page.getByText('Proven', { exact: true }).waitFor();
  await page.getByText(/is signed by that key/).waitFor();
  await axe(page);
  await picture(page, 'log');
  const key = await page.getByText(/\+[0-9a-f]{8}\+/).first().textContent() ?? '';
  await page.getByLabel('Compare with the key that you were given').fill(key);
  await page.getByText('The same key').waitFor();
  await page.getByLabel('Compare with the key that you were given').fill(`${key}x`);
  await page.getByText('Another key').waitFor();
  expect(await page.getByRole('button', { name: 'Export evidence' }).isDisabled()).toBeTrue();
  // Somebody's name is hidden in it: that it is there is proven, and no more is said.
  await page.goto(page.url().replace(/\/log.*/, '/log?q=event%20%3D%20call.denied'));
  await table.getByRole('row').nth(1).click();
  await page.getByRole('button', { name: 'Verify here' }).click();
  await page.getByText('In the log, its text unproven').waitFor();
});

// As a control would answer that had been taken over.
test.each([
  ['another word in a record', 'config\\.changed', 'config.refused'], ['another size in the checkpoint', String.raw`(\\n)(\d+)(\\n)`, '$19$2$3'],
])('what does not fit the signature or the tree is said: %s', async (_, from, to) => {
  const { page } = await open({ role: 'auditor', at: 'log' });
  await page.addInitScript(({ pattern, instead }) => {
    const real = globalThis.fetch;
    globalThis.fetch = Object.assign(async (...asked: Parameters<typeof fetch>): Promise<Response> => {
      const response = await real(...asked);
      if (!response.url.includes('/proof')) return response;
      return new Response((await response.text()).replaceAll(new RegExp(pattern, 'g'), instead), { headers: { 'content-type': 'application/json' } });
    }, { preconnect: real.preconnect });
  }, { pattern: from, instead: to });
  await page.goto(page.url().replace(/\/log.*/, '/log?q=event%20%3D%20config.changed%20and%20principal%20%3D%20sallyport%7Cmanifest'));
  await page.getByRole('grid', { name: 'Log' }).getByRole('row').nth(1).click();
  await page.getByRole('button', { name: 'Verify here' }).click();
  await page.getByText('Not proven').waitFor();
});

test('by keys: a record is opened; an analyst puts evidence under a hold, and sees it among the holds', async () => {
  const { client } = await installation();
  const { page } = await open({ role: 'analyst', at: 'log?q=has%20finding' });
  await page.getByRole('grid', { name: 'Log' }).waitFor();
  await keys(page, 'j Enter');
  const drawer = page.getByRole('button', { name: 'Hold', exact: true });
  await drawer.focus();
  await keys(page, 'Enter');
  await page.getByRole('dialog').getByLabel('Reason').waitFor();
  await page.keyboard.type('kept for the lawyers');
  await keys(page, 'Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(objects(part(await client.get('/audit/holds'), 'holds')).map(({ reason }) => reason)).toContain('kept for the lawyers');
  await page.getByRole('tab', { name: 'Holds' }).click();
  await page.getByText('kept for the lawyers').waitFor();
  await axe(page);
});
