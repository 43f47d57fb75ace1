import { setDefaultTimeout, test } from 'bun:test';
import { useConsole } from './harness.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(120_000);
const open = useConsole();

test('the story\'s policies are there, with what waits for a second person; each way to look at them is accessible', async () => {
  const { page } = await open({ role: 'admin', at: 'policies' });
  await page.getByRole('grid', { name: 'Files' }).getByText('demo.cedar').waitFor();
  await page.getByRole('link', { name: 'What would change' }).waitFor();
  await axe(page);
  const seenIn = [
    ['Who can call what', 'crm/pay_invoice'], ['Exceptions', 'Except calls'], ['Roles', 'Give a role'], ['Tests', 'Run the tests'],
  ] as const;
  for (const [tab, seen] of seenIn) {
    await page.getByRole('tab', { name: tab }).click();
    await page.getByText(seen).first().waitFor();
    await axe(page);
    if (tab === 'Who can call what') await picture(page, 'policies-matrix');
  }
});
