import { expect, test } from 'bun:test';
import { SallyportError } from '../domain/errors.ts';
import { findCommand } from './commands.ts';

/** What was typed wrongly is answered with how it is typed, so that it can be copied. */
const WRONG: readonly (readonly string[])[] = [
  ['redteam', 'run', '--shipped', '--only', 'no-such'], ['redteam', 'run', '--shipped', '--without', 'no-such'], ['redteam', 'show', 'no-such'],
  ['exercise', 'run', 'prompt-injection'], ['exercise', 'run', 'prompt-injection', '--live', '--pace', 'fast'],
  ['exercise', 'action', 'x', '--what', 'y', '--owner', 'z', '--due', 'soon'],
  ['audit', 'erase', '--reason', 'x'], ['audit', 'hold'], ['discover', 'host', '--fail-on', 'never'],
];

test.each(WRONG.map((args) => [args.join(' '), args] as const))('%s: how it is typed begins with its command', async (_, [name = '', ...args]) => {
  const command = await findCommand(name);
  const refused = await command?.run(args, {
    env: { HOME: '/nonexistent' }, cwd: '/', interactive: false, signal: AbortSignal.timeout(10_000), out: () => undefined, note: () => undefined,
    confirm: () => Promise.resolve(false),
  }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SallyportError);
  expect(refused instanceof SallyportError ? [refused.code, refused.remedy] : []).toEqual(['ERR_USAGE', expect.stringContaining(`Usage: sallyport ${name} `)]);
});
