import { expect, test } from 'bun:test';
import { withProgress } from './progress.ts';

test('what is being worked on may be named by others: it steers no terminal', async () => {
  const said = Promise.withResolvers<string>();
  const io = {
    env: {}, cwd: '/', interactive: false, signal: new AbortController().signal, confirm: () => Promise.resolve(false), out: () => undefined,
    note: (line: string) => said.resolve(line),
  };
  const line = await withProgress(io, () => 'judging \u001b[2J\u202esource', () => said.promise);
  expect(line).toStartWith('judging \\u{1b}[2J\\u{202e}source …');
});
