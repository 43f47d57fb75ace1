import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { verifies } from '../e2e/requirements.ts';
import { useConsole } from './harness.ts';
import { MARK, openTrap, RAN, TRAP, type Trap } from './hostile.ts';
import { installation } from './installation.ts';
import { pathsOf } from './reached.ts';
import { declaredScreens } from './screens.ts';

setDefaultTimeout(300_000);

const open = useConsole();
let trap: Trap;

beforeAll(async () => {
  trap = await openTrap(await installation());
});
afterAll(() => trap.stop());

test('the API takes each of these texts in some form: there is something to look at', () => {
  expect(trap.refused).toEqual([]);
});

test(verifies('console-hostile', 'whatever agents, servers, files and vendors say is text on every screen: nothing runs, or covers the page'), async () => {
  const of = await installation();
  const { page } = await open({ role: 'admin', allows: [/40[034] \(/] });
  const wrong: string[] = [];
  for (const { name, paths } of declaredScreens()) {
    for (const path of paths) {
      // Versions are the organisation's: they are listed without a space.
      const client = name === 'configuration' ? of.client : trap.client;
      for (const address of await pathsOf({ ...of, client }, path.replaceAll('$', ':'))) {
        await page.goto(`${of.control}/console${address}?space=${TRAP}`);
        await settled(page);
        wrong.push(...(await faultsOf(page)).map((fault) => `${name} ${address}: ${fault}`));
        for (const tab of await page.getByRole('tab').all()) {
          await tab.click();
          await settled(page);
          wrong.push(...(await faultsOf(page)).map((fault) => `${name} ${address} (a tab): ${fault}`));
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

/** Nothing is on its way any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('main').locator('h1, .problem').first().waitFor();
  await page.locator('main .loading').first().waitFor({ state: 'detached' });
}

/** What must not be so, whatever the page shows. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`(() => {
    const faults = [];
    if (window.${RAN} !== undefined) faults.push('something ran');
    if (document.querySelector('[${MARK}], script[src^="http"], iframe, object, embed') !== null) faults.push('text became markup');
    if (/[\\u202a-\\u202e\\u2066-\\u2069\\u200b\\u{e0020}-\\u{e007f}]/u.test(document.body.innerText)) faults.push('hidden characters are not shown');
    for (const link of document.querySelectorAll('a[href]')) {
      if (link.origin !== location.origin) faults.push('a link leads to ' + link.href.slice(0, 80));
    }
    if (document.documentElement.scrollWidth > innerWidth + 1) faults.push('the page is wider than the window: ' + document.documentElement.scrollWidth);
    const nav = document.querySelector('nav')?.getBoundingClientRect();
    const at = nav && document.elementFromPoint(nav.left + nav.width / 2, nav.top + 20);
    if (!at || at.closest('nav') === null) faults.push('the sidebar is covered');
    const long = [...document.querySelectorAll('[title], [aria-label], [alt]')].filter((one) =>
      ['title', 'aria-label', 'alt'].some((name) => (one.getAttribute(name) ?? '').length > 300));
    if (long.length > 0) faults.push('an attribute without an end: ' + long[0].outerHTML.slice(0, 120));
    return faults;
  })()`);
}

test('what these tests look for, they see', async () => {
  const { page } = await open({ role: 'admin', at: 'servers' });
  await settled(page);
  await page.evaluate(`(() => {
    const link = Object.assign(document.createElement('a'), { href: 'https://evil.example/', title: 'W'.repeat(400) });
    const cover = document.createElement('div');
    cover.setAttribute('${MARK}', '');
    cover.style.cssText = 'position: fixed; inset: 0; width: 5000px';
    cover.append(link, '\\u202Egnp.exe');
    document.body.append(cover);
    window.${RAN} = 1;
  })()`);
  const faults = await faultsOf(page);
  for (const part of ['something ran', 'markup', 'hidden', 'a link leads to https://evil.example', 'covered', 'without an end']) {
    expect(faults.join('\n')).toContain(part);
  }
});
