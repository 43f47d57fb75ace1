import { expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { keys } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(240_000);
const open = useConsole();

test('the story\'s policies are there, with what waits for a second person; each way to look at them is accessible', async () => {
  const { page } = await open({ role: 'admin', at: 'policies' });
  await page.getByRole('grid', { name: 'Files' }).getByText('demo.cedar').waitFor();
  await page.getByRole('link', { name: 'What would change' }).waitFor();
  await axe(page);
  const seenIn = { 'Who can call what': 'crm/pay_invoice', Exceptions: 'Except calls', Roles: 'Give a role', Tests: 'Run the tests' };
  for (const [tab, seen] of Object.entries(seenIn)) {
    await page.getByRole('tab', { name: tab }).click();
    await page.getByText(seen).first().waitFor();
    await axe(page);
    if (tab === 'Who can call what') await picture(page, 'policies-matrix');
  }
});

test('a policy is changed by the mouse: complaints have a place, the journal says what would change, and it is proposed to somebody else', async () => {
  const { page } = await open({ role: 'admin', at: 'policies', allows: [/409 \(/] });
  await page.getByRole('grid', { name: 'Files' }).getByText('demo.cedar').click();
  const editor = page.getByRole('textbox', { name: 'Text of the policies' });
  await editor.getByText('finance-pays-up-to-500').first().waitFor();
  await page.getByText('It compiles').waitFor();
  await axe(page);
  await picture(page, 'policies');

  await editor.click();
  await keys(page, 'Control+End');
  await page.keyboard.insertText('\nforbid (principal, action == Action::"call_tool", resource == Tool::"crm/no_such_tool");');
  const complaints = page.getByRole('tabpanel');
  await complaints.getByText('no_such_tool').waitFor();
  await axe(page);
  await complaints.getByRole('button', { name: /demo\.cedar:\d+:/ }).first().click();
  expect(await page.getByRole('button', { name: 'Put in force' }).isDisabled()).toBeTrue();
  // A line that the browser itself replaced would be given a style attribute by it, which the page's policy refuses.
  await keys(page, 'Control+End Shift+Home Backspace');
  await page.keyboard.insertText('forbid (principal, action == Action::"call_tool", resource == Tool::"crm/search_contacts");');
  await page.getByText('It compiles').waitFor();

  await page.getByRole('tab', { name: 'Simulate' }).click();
  await page.getByRole('button', { name: 'Simulate' }).click();
  await page.getByText(/of \d+ decisions would change/).waitFor();
  await axe(page);
  await picture(page, 'policies-simulate');

  // Over a reload, too, what was written is there.
  await page.reload();
  await page.getByRole('button', { name: 'Propose' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('The same on the command line').click();
  await dialog.getByText(/sallyport policy propose demo\.cedar --was [0-9a-f]{64}/).waitFor();
  await dialog.getByRole('button', { name: 'Propose' }).click();
  await dialog.getByText('It waits for a second person').waitFor();
  await axe(page);
});

test('an auditor reads why a call was denied, and may change nothing', async () => {
  const { installation: { client } } = await open({ role: 'admin' });
  const [denied] = objects(part(await client.get('/audit/records', { event: 'call.denied', limit: 1 }), 'records'));
  const { page } = await open({ role: 'auditor', at: `policies?tab=explain&exchange=${text(denied?.['exchange'])}` });
  await page.getByRole('heading', { name: 'Decision' }).first().waitFor();
  await axe(page);
  await page.getByRole('tab', { name: 'Exceptions' }).click();
  expect(await page.getByRole('button', { name: 'Except calls' }).isDisabled()).toBeTrue();
});
