import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runDemo } from '../../demo/demo.ts';

// The whole demo, with real published servers, on a shared machine: nothing here is a statement about time.
setDefaultTimeout(120_000);

const PROGRAM = join(import.meta.dir, '..', '..', 'bin', 'sallyport');
const COLUMNS = 120;
const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function play(policy?: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const home = mkdtempSync('/tmp/sp-demo-');
  undo.push(() => rmSync(home, { recursive: true, force: true }));
  let [out, err] = ['', ''];
  const io = {
    env: process.env, cwd: home, interactive: false, signal: new AbortController().signal, confirm: () => Promise.resolve(false),
    out: (text: string) => void (out += text),
    note: (text: string) => void (err += `${text}\n`),
  };
  const code = await runDemo({ home, once: true, io, ...(policy === undefined ? {} : { policy }) });
  return { code, out, err };
}

test('the demo shows what it promises, on a terminal of 120 columns, and no token', async () => {
  const { code, out } = await play();
  expect(code).toBe(0);
  expect(out).toContain('finance-pays-up-to-500');
  expect(out).toContain('no-changed-descriptions');
  expect(out.split('\n').filter((line) => line.length > COLUMNS)).toEqual([]);
  expect(out).not.toContain('NOT EXPECTED');
  expect(out).not.toContain('spa_');
});

test('a gate that lets everything through, or nothing, fails the demo', async () => {
  const open = await play('permit (principal, action, resource);');
  expect(open.code).toBe(1);
  expect(open.out).toContain('NOT EXPECTED');
  expect(open.out).toContain('pay c-1 12000');
  const shut = await play('forbid (principal, action == Action::"call_tool", resource);');
  expect(shut.code).toBe(1);
  expect(shut.out).toContain('NOT EXPECTED');
});

/** `sallyport demo`, until it says that it stays up. */
async function stay(): Promise<{ readonly out: string; readonly gate: string; readonly stop: () => Promise<number> }> {
  const child = Bun.spawn([PROGRAM, 'demo'], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
  const stop = (): Promise<number> => {
    child.kill('SIGINT');
    return child.exited;
  };
  undo.push(async () => void (await stop()));
  const decoder = new TextDecoder();
  let out = '';
  for await (const chunk of child.stdout) {
    out += decoder.decode(chunk, { stream: true });
    const gate = /stays up at (https:\S+) until/.exec(out)?.[1];
    if (gate !== undefined && out.includes('audit tail')) return { out, gate, stop };
  }
  throw new Error(`the demo ended: ${out}`);
}

test('two demos stay up side by side, tell how to connect, and end in order on Ctrl-C', async () => {
  const both = await Promise.all([stay(), stay()]);
  expect(new Set(both.map(({ gate }) => gate)).size).toBe(2);
  for (const { out, stop } of both) {
    const [line] = /connect t\/desk --group support --home \S+/.exec(out) ?? [''];
    const asked = Bun.spawn([PROGRAM, ...line.split(' ')], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    void asked.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
    void asked.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n');
    await asked.stdin.end();
    expect(await asked.stdout.text()).toContain('crm__search_contacts');
    expect(await stop()).toBe(0);
  }
});
