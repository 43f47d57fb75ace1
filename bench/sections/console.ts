import { join } from 'node:path';
import type { Browser, BrowserContext, CDPSession } from 'playwright-core';
import { openStage, type Stage } from '../../demo/stage.ts';
import { caOf } from '../../src/cli/connect.ts';
import type { Io } from '../../src/cli/command.ts';
import { number, objects, part, text } from '../../src/cli/json-view.ts';
import { enter, launch } from '../../test/console/browser.ts';
import { modernRequest, toolParams } from '../../test/fixtures/modern-call.ts';
import { median } from '../figures.ts';
import type { Figure } from '../figures.ts';
import type { Bench } from '../targets/target.ts';

const LOADS = 7;
const BYTES_MAX = 300 * 1024;
const USABLE_MS = 1_000;
const EVENTS_PER_S = 500;
const BUSY_MAX = 50;
const LIVE_MS = 30_000;
const SETTLE_MS = 5_000;
const TICK_MS = 20;
/** Timers come late: a little more is asked for than is needed. */
const PACE = 1.2;

/** What people wait for in the console, in Chromium: its first load, and what it costs to look on while agents work. */
export function measureConsole(bench: Bench): Promise<Figure[]> {
  return withConsole(join(bench.folder, 'console'), async (open) => [...await firstLoad(open), ...await watchLive(open.context, open.stage, LIVE_MS)]);
}

export interface Open {
  readonly stage: Stage;
  readonly browser: Browser;
  /** Of an administrator who is signed in. */
  readonly context: BrowserContext;
}

/** Starts the demo's servers and a gate before them, and a browser in which an administrator is signed in; ends it all afterwards. */
export async function withConsole<T>(home: string, work: (open: Open) => Promise<T>): Promise<T> {
  const stage = await openStage({ home, io: quiet(home), anyPort: true });
  const browser = await launch(stage);
  try {
    const context = await browser.newContext();
    const made = await stage.client.send('POST', '/accounts', { userName: 'bench', groups: ['administrators'] });
    await enter(context, stage.control, text(part(made, 'link', 'path')));
    return await work({ stage, browser, context });
  } finally {
    await browser.close();
    await stage.stop();
  }
}

/** Notes when the first screen shows what it is about; runs before anything of the page does. */
const USABLE = `new MutationObserver((_, observer) => {
  if (document.querySelector('main h1') === null || document.querySelector('main .loading') !== null) return;
  globalThis.usableAt = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true })`;

/** In a browser that has kept nothing, each time. */
async function firstLoad({ browser, context: signedIn, stage: { control, home } }: Open): Promise<readonly Figure[]> {
  const took: number[] = [];
  let loaded: readonly string[] = [];
  for (let load = 0; load < LOADS; load += 1) {
    const context = await browser.newContext({ storageState: await signedIn.storageState() });
    await context.addInitScript(USABLE);
    const page = await context.newPage();
    await page.goto(`${control}/console/`);
    await page.locator('main h1').waitFor();
    await page.locator('main .loading').first().waitFor({ state: 'detached' });
    took.push(await page.evaluate<number>('globalThis.usableAt'));
    loaded = await page.evaluate<readonly string[]>(
      `[...performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/console/')), location.href]`,
    );
    await context.close();
  }
  const tls = { ca: caOf(home) ?? '' };
  const sizes = await Promise.all([...new Set(loaded)].map(async (url) => {
    const answer = await fetch(url, { tls, decompress: false, headers: { 'accept-encoding': 'gzip' } });
    return (await answer.arrayBuffer()).byteLength;
  }));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const [usable, slowest] = [median(took), Math.max(...took)];
  return [
    {
      section: 'console', name: `first load, gzip, ${sizes.length} files`, value: bytes / 1024, unit: 'KiB', target: `≤ ${BYTES_MAX / 1024} KiB`,
      met: bytes <= BYTES_MAX,
    },
    { section: 'console', name: `first load to usable, p50 of ${LOADS}`, value: usable, unit: 'ms', target: `≤ ${USABLE_MS} ms`, met: usable <= USABLE_MS },
    { section: 'console', name: 'first load to usable, the slowest', value: slowest, unit: 'ms' },
  ];
}

/** The console is open while agents make so many records a second: how busy its main thread is, and whether it grows. */
export async function watchLive(context: BrowserContext, stage: Stage, ms: number): Promise<readonly Figure[]> {
  const page = await context.newPage();
  await page.goto(`${stage.control}/console/`);
  await page.getByText('live', { exact: true }).waitFor();
  const debug = await context.newCDPSession(page);
  await debug.send('Performance.enable');
  const load = startLoad(stage, await tokenOf(stage));
  await Bun.sleep(SETTLE_MS);
  const [before, recordsBefore, startedAt] = [await costOf(debug), await newestOf(stage), performance.now()];
  await Bun.sleep(ms);
  const [after, recordsAfter, endedAt] = [await costOf(debug), await newestOf(stage), performance.now()];
  await load.stop();
  const wallS = (endedAt - startedAt) / 1000;
  const [busy, rate] = [100 * (after.busyS - before.busyS) / wallS, (recordsAfter - recordsBefore) / wallS];
  await page.close();
  return [
    { section: 'console', name: 'records a second while one looks on', value: rate, unit: '/s', target: `≥ ${EVENTS_PER_S}/s`, met: rate >= EVENTS_PER_S },
    {
      section: 'console', name: `main thread busy meanwhile, ${Math.round(wallS)} s`, value: busy, unit: '%', target: `≤ ${BUSY_MAX} %`, met: busy <= BUSY_MAX,
    },
    { section: 'console', name: 'growth of its heap meanwhile, after collection', value: (after.heapBytes - before.heapBytes) / 2 ** 20, unit: 'MiB' },
  ];
}

/** Seconds that the main thread has worked, and what it holds once nothing is left to collect. */
async function costOf(debug: CDPSession): Promise<{ readonly busyS: number; readonly heapBytes: number }> {
  await debug.send('HeapProfiler.collectGarbage');
  const { metrics } = await debug.send('Performance.getMetrics');
  const valueOf = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? 0;
  return { busyS: valueOf('TaskDuration'), heapBytes: valueOf('JSHeapUsedSize') };
}

async function tokenOf({ client }: Stage): Promise<string> {
  const asked = { agent: 'support-agent', kind: 'person', subject: 'ben', groups: ['support'], audience: ['*'], ttlMs: 3_600_000 };
  return text(part(await client.send('POST', '/tokens', asked), 'token'));
}

/** Real calls, each of which is two records or more, at a pace. */
function startLoad({ gate, home }: Stage, token: string): { stop(): Promise<void> } {
  const tls = { ca: caOf(home) ?? '' };
  const open = new Set<Promise<unknown>>();
  const perTick = Math.ceil((EVENTS_PER_S / 2) * TICK_MS / 1000 * PACE);
  const timer = setInterval(() => {
    for (let call = 0; call < perTick && open.size < 100; call += 1) {
      const one = fetch(`${gate}/mcp/translate`, { ...modernRequest(token, 'tools/call', toolParams('list_languages', {})), tls })
        .then((answer) => answer.text()).catch(() => undefined).finally(() => open.delete(one));
      open.add(one);
    }
  }, TICK_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}

async function newestOf({ client }: Stage): Promise<number> {
  const [newest] = objects(part(await client.get('/audit/records', { limit: 1, order: 'newest' }), 'records'));
  return number(newest?.['position']);
}

function quiet(cwd: string): Io {
  return {
    env: process.env, cwd, interactive: false, signal: new AbortController().signal, confirm: () => Promise.resolve(false), out: ignore, note: ignore,
  };
}

function ignore(_line: string): void {
  // The bench says what it measures, and nothing else.
}
