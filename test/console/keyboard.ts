import type { Page } from 'playwright-core';

const STEPS_MAX = 120;

/** Keys one after the other, as they are written: `keys(page, 'g s')`, `keys(page, 'j j Enter')`. */
export async function keys(page: Page, typed: string): Promise<void> {
  for (const key of typed.split(' ')) await page.keyboard.press(key);
}

/** Goes on with Tab until what has the focus is called so, by what it shows or by its label; nothing else than keys is used. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const seen: string[] = [];
  for (let step = 0; step < STEPS_MAX; step += 1) {
    await page.keyboard.press('Tab');
    const called = await focused(page);
    if (typeof name === 'string' ? called === name : name.test(called)) return;
    seen.push(called);
  }
  throw new Error(`Tab never came to ${String(name)}; it came to ${[...new Set(seen)].join(' · ')}`);
}

/** What the focused element is called: its label, else what it shows. */
export async function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const at = document.activeElement;
    if (at === null) return '';
    const labelled = (at.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.innerText ?? '').join(' ').trim();
    return (at.getAttribute('aria-label') || labelled || at.labels?.[0]?.innerText || at.innerText || at.getAttribute('placeholder') || '').trim();
  })()`);
}

/** Goes down the table with `j` until the row that is meant says this. */
export async function rowSaying(page: Page, says: string): Promise<void> {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    await page.keyboard.press('j');
    const row = await page.evaluate<string>(`document.getElementById(document.activeElement?.getAttribute('aria-activedescendant') ?? '')?.innerText ?? ''`);
    if (row.includes(says)) return;
  }
  throw new Error(`no row says ${says}`);
}
