import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../domain/limits.ts';
import { ARGUMENT, readByCommand } from './exec-provider.ts';
import type { ExecProvider } from './exec-provider.ts';

const SECRET = 'sesame-8c21';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync('/tmp/sp-exec-');
});
afterAll(() => rmSync(folder, { recursive: true }));

function command(script: string, more: Partial<ExecProvider> & { readonly args?: readonly string[] } = {}): ExecProvider {
  const path = join(folder, `tool-${crypto.randomUUID()}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  const { args = [], ...rest } = more;
  return { command: [path, ...args], env: {}, ...rest };
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  const fault: unknown = await work.then((value) => `released ${String(value)}`, (error: unknown) => error);
  const told = fault instanceof Error ? `${Bun.inspect(fault)} ${JSON.stringify(fault)}` : String(fault);
  expect(told).not.toContain(SECRET);
  return told;
}

test('what a command prints is the secret, without the line break at its end', async () => {
  expect(await readByCommand(command(`echo ${SECRET}`), '')).toBe(SECRET);
  expect(await readByCommand(command(`printf '%s\\r\\n\\n' ' ${SECRET} '`), '')).toBe(` ${SECRET} `);
  expect(await readByCommand(command('printf "%s" "$2"', { args: ['read', ARGUMENT] }), 'op://Sales/crm/key')).toBe('op://Sales/crm/key');
});

test('its environment and its arguments are what was declared: no shell, nothing of ours', async () => {
  process.env['SP_TEST_OURS'] = 'ours';
  const env = await readByCommand(command('/usr/bin/env', { env: { TOKEN: 't' } }), '');
  delete process.env['SP_TEST_OURS'];
  expect(env).toContain('TOKEN=t');
  expect(env).not.toContain('ours');
  const proof = join(folder, 'ran');
  expect(await readByCommand(command('printf "%s" "$1"', { args: [ARGUMENT] }), 'a b')).toBe('a b');
  for (const argument of [`x; touch ${proof}`, `$(touch ${proof})`, '--help', '-x', '', '`id`', 'a\nb', 'a\0b', '"', 'a|b', 'a'.repeat(1025)]) {
    expect(await faultOf(readByCommand(command('printf "%s" "$1"', { args: [ARGUMENT] }), argument))).toContain('ERR_PROVIDER_FAILED');
  }
  expect(existsSync(proof)).toBe(false);
  expect(await faultOf(readByCommand(command(`echo ${SECRET}`), 'unasked'))).toContain('ERR_PROVIDER_FAILED');
});

test('one that hangs is ended with everything that it started', async () => {
  const pids = join(folder, 'pids');
  const hanging = command(`/bin/sleep 600 & echo $! > ${pids}; echo ${SECRET}; wait`, { timeoutMs: 300 });
  expect(await faultOf(readByCommand(hanging, ''))).toContain('did not end within 300 ms');
  const child = readFileSync(pids, 'utf8').trim();
  const isGone = (): boolean => !existsSync(`/proc/${child}/stat`) || readFileSync(`/proc/${child}/stat`, 'utf8').includes(') Z ');
  while (!isGone()) await Bun.sleep(5);
  expect(isGone()).toBe(true);
});

test('one that goes into the background and keeps the pipe is ended, too', async () => {
  expect(await faultOf(readByCommand(command('/bin/sleep 600 &\nexit 0', { timeoutMs: 300 }), ''))).toContain('did not end within');
});

test('one that floods, fails, prints nothing, no text, or to stderr is told of without its words', async () => {
  const flood = command(`exec /usr/bin/yes ${SECRET}`);
  expect(await faultOf(readByCommand(flood, ''))).toContain(`more than ${LIMITS.secretBytesMax} bytes`);
  expect(await faultOf(readByCommand(command(`echo ${SECRET}; exit 7`), ''))).toContain('exit code 7');
  expect(await faultOf(readByCommand(command(`echo ${SECRET} >&2; exit 1`), ''))).toContain('exit code 1');
  expect(await faultOf(readByCommand(command(`echo ${SECRET} >&2`), ''))).toContain('printed nothing');
  expect(await faultOf(readByCommand(command(String.raw`printf 'a\377b'`), ''))).toContain('not text');
  expect(await faultOf(readByCommand(command('kill -9 $$'), ''))).toContain('ERR_PROVIDER_FAILED');
});

test('a command that is not there, not absolute, or that others can change is not run', async () => {
  const open = command(`echo ${SECRET}`);
  chmodSync(open.command[0] ?? '', 0o722);
  for (const argv of [open.command, ['/nowhere/op'], ['op'], ['./op'], [], [folder]]) {
    expect(await faultOf(readByCommand({ command: argv, env: {} }, ''))).toContain('ERR_PROVIDER_FAILED');
  }
});
