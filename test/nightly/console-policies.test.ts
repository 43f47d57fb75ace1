import { expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from '../console/harness.ts';
import type { Installation } from '../console/installation.ts';
import { keys, tabTo } from '../console/keyboard.ts';
import { axe } from '../console/looks.ts';

setDefaultTimeout(240_000);
const open = useConsole();

test('by keys alone a file is written with completion and put in force; another\'s change meanwhile is said, and nothing typed is lost', async () => {
  const { page, installation: { client } } = await open({ role: 'admin', at: 'policies/~new', allows: [/409 \(/] });
  await page.getByLabel('File').waitFor();
  await tabTo(page, 'File');
  await page.keyboard.type('keys.cedar');
  await keys(page, 'Tab');
  const offered = page.getByRole('option');
  await page.keyboard.type('forbid (principal, action == Action::"call_t');
  await offered.getByText('call_tool').waitFor();
  await keys(page, 'Enter');
  await page.keyboard.type('", resource == Tool::"crm/delete_c');
  await offered.getByText('crm/delete_contact').waitFor();
  await keys(page, 'Enter');
  await page.keyboard.type('");');
  await page.getByText('It compiles').waitFor();
  await keys(page, 'Escape');
  await tabTo(page, 'Put in force');
  await keys(page, 'Enter');
  await page.getByRole('dialog').waitFor();
  await keys(page, 'Enter');
  await page.getByRole('heading', { name: 'keys.cedar' }).waitFor();
  expect(await sourceOf(client)).toBe('forbid (principal, action == Action::"call_tool", resource == Tool::"crm/delete_contact");');

  const editor = page.getByRole('textbox', { name: 'Text of the policies' });
  await editor.focus();
  await keys(page, 'Control+Home');
  await page.keyboard.insertText('// mine\n');
  await client.send('PUT', '/policies', { file: 'keys.cedar', source: '// theirs\n' });
  await page.getByText('Somebody else changed this file meanwhile').waitFor();
  await axe(page);
  await editor.getByText('// mine').waitFor();
  await page.getByText('It compiles').waitFor();
  await page.getByRole('button', { name: 'Put in force' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Put in force' }).click();
  await page.getByRole('dialog').getByText('ERR_CONFLICT').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(await sourceOf(client)).toBe('// theirs\n');
  await page.getByRole('button', { name: 'Go on with mine' }).click();
  await page.getByRole('button', { name: 'Put in force' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Put in force' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await sourceOf(client)).toStartWith('// mine\n');
  await client.send('DELETE', '/policies/keys.cedar');
});

const sourceOf = async (client: Installation['client']): Promise<string> =>
  text(objects(part(await client.get('/policies'), 'policies')).find(({ file }) => file === 'keys.cedar')?.['source']);
