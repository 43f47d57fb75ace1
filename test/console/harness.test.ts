import { expect, setDefaultTimeout, test } from 'bun:test';
import { verifies } from '../e2e/requirements.ts';
import { noteFaults } from './faults.ts';
import { openStranger, useConsole } from './harness.ts';
import { focused, keys, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

// The whole gate starts with the first test.
setDefaultTimeout(300_000);

const open = useConsole();

test(verifies('console-story', 'the console opens for each role, and says who is there'), async () => {
  for (const role of ['admin', 'approver', 'analyst', 'auditor'] as const) {
    const { page, installation } = await open({ role });
    const { userName = '' } = installation.story.people.find((one) => one.role === role) ?? {};
    await page.getByText(userName).first().waitFor();
  }
});

test('servers of the story are there, axe finds nothing, and keys open one', async () => {
  const { page } = await open({ role: 'admin', at: 'servers' });
  await page.getByText('translate').first().waitFor();
  await axe(page);
  await picture(page, 'servers');
  await tabTo(page, 'Servers and tools');
  expect(await focused(page)).toBe('Servers and tools');
  await keys(page, 'j Enter');
  await page.waitForURL('**/servers/*');
  expect(page.url()).toContain('/console/servers/');
});

test('what a page must never do is noticed', async () => {
  const { context, installation: { control } } = await openStranger();
  const faults = await noteFaults(context, control, [/allowed/]);
  const page = await context.newPage();
  await page.goto(`${control}/console/`);
  await page.evaluate(`(async () => {
    console.error('said aloud');
    console.error('allowed');
    setTimeout(() => { throw new Error('nobody caught it') }, 0);
    document.body.append(Object.assign(document.createElement('img'), { src: 'https://elsewhere.example/a.png' }));
    await new Promise((done) => setTimeout(done, 50));
    alert('boo');
  })()`);
  await context.close();
  for (const part of ['said aloud', 'nobody caught it', 'content security policy: img-src https://elsewhere.example/a.png', 'a dialog: boo']) {
    expect(faults.join('\n')).toContain(part);
  }
  expect(faults.filter((fault) => fault.startsWith('allowed'))).toEqual([]);
});
