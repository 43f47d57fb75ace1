import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../domain/limits.ts';
import { defaultSandbox } from '../registry/sandbox.ts';
import { logTo } from './stderr-log.ts';

const folder = mkdtempSync('/tmp/sp-stderr-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = 'correct horse battery staple and more';

test('no part of a secret is kept, wherever a line or what is read at once is cut', () => {
  for (const before of [960, 980, 999, 1_960, 1_980, 1_999, 2_500]) {
    for (const at of [before, before + 5, before + 20, before + SECRET.length + 2]) {
      const log = logTo(folder, `${before}-${at}`, { env: { KEY: SECRET }, sandbox: defaultSandbox() }, 64 * 1024);
      const text = Buffer.from(`${'x '.repeat(before / 2)}${SECRET} y${' z'.repeat(400)}\nnext\n`);
      log.write(text.subarray(0, at));
      log.write(text.subarray(at));
      const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')).join('') + log.tail();
      for (const part of ['correct', 'horse', 'battery', 'staple', 'and more']) expect(kept).not.toContain(part);
      expect(kept).toContain('x x x');
      expect(log.tail()).toEndWith('next');
    }
  }
});

test('the logs of ever new origins do not fill the disk: the oldest go', () => {
  const many = join(folder, 'many');
  for (let index = 0; index < LIMITS.stdioLogsMax + 20; index += 1) logTo(many, `o${index}`, { env: {}, sandbox: defaultSandbox() }, 10);
  expect(readdirSync(many).length).toBe(LIMITS.stdioLogsMax);
  rmSync(many, { recursive: true });
});

test('what is beyond the limit is counted and not kept, nor the beginning of a secret before it', () => {
  const log = logTo(folder, 'limit', { env: { KEY: SECRET }, sandbox: defaultSandbox() }, 20);
  log.write(Buffer.from(`said\n${SECRET}\n`));
  log.write(Buffer.from('more\n'));
  expect(log.tail()).toBe('said');
  expect(log.bytes).toBe(SECRET.length + 11);
});
