import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axeCore from 'axe-core';
import { expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { z } from 'zod';

const THEMES = ['light', 'dark'] as const;
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PICTURES = join(import.meta.dir, '..', '..', 'docs', 'console');
const PICTURE_BYTES_MAX = 150 * 1024;
const QUALITY = 82;

const NODE = z.object({ html: z.string(), failureSummary: z.string().optional() });
const VIOLATIONS = z.array(z.object({ id: z.string(), help: z.string(), nodes: z.array(NODE) }));

/** Asks axe about the page as it is, in both themes; what it finds fails the test. Its source is put there by the debugger, past the page's policy. */
export async function axe(page: Page): Promise<void> {
  for (const theme of THEMES) {
    await wear(page, theme);
    await page.evaluate(axeCore.source);
    const run = JSON.stringify({ runOnly: { type: 'tag', values: WCAG }, resultTypes: ['violations'] });
    const found = await page.evaluate(`axe.run(document, ${run}).then(({ violations }) => JSON.parse(JSON.stringify(violations)))`);
    const said = VIOLATIONS.parse(found).flatMap(({ id, help, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary = '' }) => `${theme}: ${id}: ${help}: ${html.slice(0, 300)} ${failureSummary}`));
    expect(said).toEqual([]);
  }
}

/** Keeps pictures of the page, light and dark, for the documents; only where somebody asks for new ones: CONSOLE_PICTURES=1. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['CONSOLE_PICTURES'] !== '1') return;
  mkdirSync(PICTURES, { recursive: true });
  const debug = await page.context().newCDPSession(page);
  for (const theme of THEMES) {
    await wear(page, theme);
    const { data } = await debug.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
    const bytes = Buffer.from(data, 'base64');
    expect(bytes.length).toBeLessThan(PICTURE_BYTES_MAX);
    writeFileSync(join(PICTURES, `${name}-${theme}.webp`), bytes);
  }
  await debug.detach();
}

/** Both themes are one attribute of the page. */
async function wear(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
}
