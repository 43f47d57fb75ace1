import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { verifies } from '../e2e/requirements.ts';
import { launch } from './browser.ts';
import { layCable } from './cable.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';

// What happens to whoever has the console open when something ends: it is said, and nothing that was typed is lost.
setDefaultTimeout(300_000);

const open = useConsole();
const TYPED = 'Words that took me a while to find';

/** Somebody is in the middle of saying why. */
async function typeSomething(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Quarantine' }).click();
  await page.getByLabel('Reason').fill(TYPED);
}

const stillTyped = async (page: Page): Promise<void> => expect(await page.getByLabel('Reason').inputValue()).toBe(TYPED);

test(verifies('console-ends', 'a lost connection is said, and over when it is back'), async () => {
  const of = await installation();
  const { port } = new URL(of.control);
  const cable = await layCable(Number(port));
  const browser = await launch(of, [`--host-resolver-rules=MAP localhost:${port} 127.0.0.1:${cable.port}`]);
  try {
    const { page } = await open({ role: 'admin', at: 'servers/mail', allows: [/net::ERR_/], browser });
    await page.getByText('live', { exact: true }).waitFor();
    await typeSomething(page);
    cable.pull();
    await page.getByText('The connection to control is lost').waitFor();
    await stillTyped(page);
    cable.putBack();
    await page.getByText('live', { exact: true }).waitFor();
    await stillTyped(page);
    await page.context().close();
  } finally {
    await browser.close();
    cable.end();
  }
});

test(verifies('console-ends', 'a session that ends is said; who signs in anew in another tab goes on where they were'), async () => {
  const erin = { userName: 'erin', groups: ['administrators-of-the-night'] };
  const { page, context, installation: of } = await openNewcomer(erin, 'analyst');
  await typeSomething(page);
  const path = await reset(of, erin.userName);
  await page.getByText('Your sign-in has ended').waitFor();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Quarantine' }).click();
  await dialog.getByRole('link', { name: 'Sign in again' }).waitFor();
  await stillTyped(page);

  const again = await context.newPage();
  await again.goto(`${of.control}${path}`);
  await again.fill('input[name=password]', 'ten silver river stones');
  await again.fill('input[name=again]', 'ten silver river stones');
  await again.getByRole('button', { name: 'Use a password' }).click();
  await again.goto(`${of.control}/sign-in/console`);
  await again.getByRole('button', { name: 'Open the console' }).click();
  await again.waitForURL('**/console/**');
  await again.close();
  await dialog.getByRole('button', { name: 'Quarantine' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('live', { exact: true }).waitFor();
  expect(text(part(await of.client.get('/servers/night'), 'status'))).toBe('quarantined');
});

test(verifies('console-ends', 'a role that is taken away is said, and what it showed is no longer offered'), async () => {
  const rolf = { userName: 'rolf', groups: ['watchers-of-the-night'] };
  const { page, installation: of } = await openNewcomer(rolf, 'analyst');
  await typeSomething(page);
  const people = objects(part(await of.client.get('/people'), 'people'));
  const { id } = people.find(({ userName }) => userName === rolf.userName) ?? {};
  await of.client.send('PUT', `/people/${text(id)}/groups`, { groups: [] });
  await page.getByText(/was changed while this page was open|sign-in has ended/).waitFor();
  await stillTyped(page);
});

/** Somebody new, whose group has a role that nobody else has by it. */
async function openNewcomer(who: { readonly userName: string; readonly groups: readonly string[] }, role: string): ReturnType<typeof open> {
  const { installation: of } = await open({ role: 'admin' });
  await declareServer(of);
  await of.client.send('POST', '/admins', { to: { group: who.groups[0] ?? '' }, role, space: '*' });
  return open({ role: who, at: 'servers/night', allows: [/40[13] \(/] });
}

/** A server that nobody needs, once. */
async function declareServer({ client }: Installation): Promise<void> {
  const known = objects(part(await client.get('/servers'), 'servers'));
  if (known.some(({ id }) => id === 'night')) return;
  await client.send('POST', '/servers', {
    id: 'night', endpoint: { transport: 'http', url: 'http://127.0.0.1:9/mcp', allowPrivate: true }, owner: 'nobody', hosting: 'self', tier: 'internal',
    labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials: { type: 'none' }, tools: {}, allow: [],
  });
}

async function reset(of: Installation, userName: string): Promise<string> {
  return text(part(await of.client.send('POST', `/accounts/${userName}/reset`, {}), 'link', 'path'));
}
