import { join } from 'node:path';
import { openLedger } from '../../src/audit/ledger.ts';
import type { Client } from '../../src/cli/client.ts';
import { number, part } from '../../src/cli/json-view.ts';
import type { JournalRecord } from '../../src/domain/record.ts';
import { median } from '../figures.ts';
import type { Figure } from '../figures.ts';
import { recordAt } from '../generated-ledger.ts';
import type { Bench } from '../targets/target.ts';
import { withConsole, type Open } from './console.ts';

const LOOK_MS = 1_000;
const TURNS = 7;
const SESSIONS = 100_000;
/** Records of the long session. */
const LONG = 5_000;
const LONG_ONE = { context: 'f'.repeat(32), agent: 'agent-without-end', principal: 'https://idp.example|person-without-end' } as const;
const DENIED = { event: 'call.denied', code: 'ERR_POLICY_DENIED' } as const;
const BATCH = 2_000;
const LONG_TASK_MS = 100;
const TIMELINE_MS = 500;

/** What it takes to look through 100,000 sessions in Chromium, and to open one of 5,000 messages. */
export async function measureConsoleSessions(bench: Bench): Promise<Figure[]> {
  const home = join(bench.folder, 'console-sessions');
  await fillLedger(join(home, 'ledger'));
  return withConsole(home, async (open) => [...await lookThrough(open), ...await openLong(open)]);
}

/** 100,000 sessions of a call each, which was denied, and one in which an agent called 2,500 times. */
async function fillLedger(dir: string): Promise<void> {
  const ledger = await openLedger(dir, { strict: false });
  const records = SESSIONS + LONG;
  const startedAt = Date.now() - records * 10;
  let previous: JournalRecord | undefined;
  for (let position = 0; position < records;) {
    const batch: JournalRecord[] = [];
    for (; batch.length < BATCH && position < records; position += 1) {
      const isLong = position >= SESSIONS;
      // Every second one of these closes the one before; of a denied call there is no second.
      const record = recordAt(isLong ? position : position * 2, startedAt + position * 10, previous, 1);
      previous = isLong ? { ...record, ...LONG_ONE } : { ...record, ...DENIED };
      batch.push(previous);
    }
    await ledger.append(batch);
  }
  await ledger.close();
}

/** The longest that anything kept the page from answering, while all sessions are scrolled through and filtered; and how many rows exist meanwhile. */
async function lookThrough({ context, stage: { control, client } }: Open): Promise<readonly Figure[]> {
  await untilIndexed(client);
  const page = await context.newPage();
  await page.goto(`${control}/console/sessions`);
  await page.getByRole('grid', { name: 'Sessions' }).getByRole('row').nth(1).waitFor();
  const [count, scrolled, rows] = await page.evaluate<readonly [number, number, number]>(`(async () => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ type: 'longtask' });
    const box = document.querySelector('[role=grid]');
    let rows = 0;
    for (let step = 0; step <= 120; step += 1) {
      box.scrollTop = box.scrollHeight * step / 120;
      await new Promise((done) => setTimeout(done, 50));
      rows = Math.max(rows, box.querySelectorAll('[role=row]').length);
    }
    return [Number(box.getAttribute('aria-rowcount')) - 1, globalThis.longest, rows];
  })()`);
  await page.getByLabel('Filter').pressSequentially('agent-7');
  await page.getByRole('grid', { name: 'Sessions' }).getByText('agent-7').first().waitFor();
  const filtered = await page.evaluate<number>('globalThis.longest');
  await page.close();
  return [
    { section: 'console', name: 'sessions in the list', value: count, unit: '', target: `≥ ${SESSIONS.toLocaleString('en')}`, met: count >= SESSIONS },
    {
      section: 'console', name: 'longest task while all of them are scrolled through', value: scrolled, unit: 'ms', target: `≤ ${LONG_TASK_MS} ms`,
      met: scrolled <= LONG_TASK_MS,
    },
    {
      section: 'console', name: 'longest task until they are filtered, too', value: filtered, unit: 'ms', target: `≤ ${LONG_TASK_MS} ms`,
      met: filtered <= LONG_TASK_MS,
    },
    { section: 'console', name: 'rows that exist at most', value: rows, unit: '' },
  ];
}

/** The index reads what stands in the ledger after its start. */
async function untilIndexed(client: Client): Promise<void> {
  while (number(part(await client.get('/audit/sessions', { limit: 1, count: 'true' }), 'total')) < SESSIONS) await Bun.sleep(LOOK_MS);
}

/** From the click on a session of 5,000 messages to its timeline. */
async function openLong({ context, stage: { control } }: Open): Promise<readonly Figure[]> {
  const took: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const page = await context.newPage();
    await page.goto(`${control}/console/sessions?text=${LONG_ONE.agent}`);
    const row = page.getByRole('grid', { name: 'Sessions' }).getByRole('row').nth(1);
    await row.waitFor();
    await page.evaluate(TIMELINE);
    await row.click();
    await page.getByRole('grid', { name: 'Timeline' }).getByRole('row').nth(1).waitFor();
    took.push(await page.evaluate<number>('globalThis.shownAt - globalThis.clickedAt'));
    await page.close();
  }
  const middle = median(took);
  return [{
    section: 'console', name: `timeline of ${LONG.toLocaleString('en')} messages opens, p50 of ${TURNS}`, value: middle, unit: 'ms',
    target: `≤ ${TIMELINE_MS} ms`, met: middle <= TIMELINE_MS,
  }];
}

const TIMELINE = `(() => {
  addEventListener('click', () => { globalThis.clickedAt ??= performance.now(); }, { capture: true });
  new MutationObserver((_, observer) => {
    if (document.querySelector('[role=grid][aria-label=Timeline] [role=rowgroup] [role=row]') === null) return;
    globalThis.shownAt = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
})()`;
