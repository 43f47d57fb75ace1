import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { withConsole, watchLive } from '../../bench/sections/console.ts';

const MS = 10 * 60_000;
const GROWTH_MIB_MAX = 8;

test('the console stays quiet and as small as it was for ten minutes of 500 records a second', async () => {
  const home = mkdtempSync('/tmp/sp-console-live-');
  try {
    const figures = await withConsole(home, ({ context, stage }) => watchLive(context, stage, MS));
    console.log(figures.map(({ name, value, unit }) => `${name}: ${value.toFixed(2)} ${unit}`).join('\n'));
    const valueOf = (begin: string): number => figures.find(({ name }) => name.startsWith(begin))?.value ?? NaN;
    expect(valueOf('main thread busy')).toBeLessThanOrEqual(50);
    expect(valueOf('growth of its heap')).toBeLessThanOrEqual(GROWTH_MIB_MAX);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
