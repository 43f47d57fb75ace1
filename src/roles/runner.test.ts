import { afterAll, afterEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import type { LaunchSpec } from '../domain/server.ts';
import { connectLink } from '../link/connect.ts';
import { cancelled } from '../upstream/faults.ts';
import { signedExchange, orderOf } from '../../test/fixtures/signed-launch.ts';
import { codec, exchangeOf as unsigned, faultOf, LEGACY, MODERN, permitOf, requestOf, resultIn, sendAll } from '../../test/fixtures/upstream-exchange.ts';
import { defaultSandbox, sandboxOf } from '../registry/sandbox.ts';
import { createStdioUpstream } from '../upstream/stdio.ts';
import { runLedger } from './ledger.ts';
import { startRunner } from './runner.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';

const home = mkdtempSync('/tmp/sp-runner-');
const exchangeOf: typeof unsigned = (endpoint, who) => signedExchange(home, unsigned(endpoint, who));
/** What servers are given of the machine. */
const data = mkdtempSync('/tmp/sp-data-');
const ledger = await runLedger({ home, strict: false });
const runner = await startRunner({ home });
const link = connectLink({ home, self: 'gateway', peer: 'runner' });
const modules = join(import.meta.dir, '..', '..', 'node_modules', '@modelcontextprotocol');
afterAll(async () => {
  link.close();
  await runner.close();
  await ledger.close();
  rmSync(data, { recursive: true, force: true });
  removeHome(home);
});
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
const released: string[] = [];
async function release({ secret }: { readonly secret: string }): Promise<{ value: string; expiresAt: number }> {
  released.push(secret);
  return { value: 's3cret', expiresAt: Number.MAX_SAFE_INTEGER };
}
function makeUpstream(idleMs?: number): ReturnType<typeof createStdioUpstream> {
  const upstream = createStdioUpstream({ codec, link, release, ...(idleMs === undefined ? {} : { idleMs }) });
  closers.push(() => upstream.close());
  return upstream;
}
const stdio = (command: string, args: readonly string[], more: Partial<LaunchSpec> = {}): { transport: 'stdio'; launch: LaunchSpec } =>
  ({ transport: 'stdio', launch: { command, args, env: {}, shared: false, ...more, sandbox: sandboxOf({ command, args }, more.sandbox) } });
const everything = stdio('node', [join(modules, 'server-everything', 'dist', 'index.js')], { env: { TOKEN: 'vault:crm' } });
const call = (name: string, args: Record<string, Json> = {}, id: string | number = 1): Message => requestOf('tools/call', { name, arguments: args }, id);
/** A server of few lines: answers what it is told to, by Bun itself. */
const script = (body: string, more: Partial<LaunchSpec> = {}): ReturnType<typeof stdio> => stdio(process.execPath, ['-e', `
  const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const hello = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } };
  const unknown = (id) => say({ id, error: { code: -32601, message: 'Method not found' } });
  for await (const line of console) {
    const { id, method, params, result, error } = JSON.parse(line);
    if (method === 'initialize') say({ id, result: hello });
    else if (method === 'server/discover') unknown(id);
    else if (method === 'tools/call' || method === undefined) { ${body} }
  }`], more);
const pids = async (): Promise<number[]> => {
  const status = await link.call('runner.status', {});
  return Array.isArray(status) ? status.map((entry: { pid: number }) => entry.pid) : [];
};
async function gone(count: number): Promise<void> {
  while ((await pids()).length > count) await Bun.sleep(2);
}

test('server-everything: one process per principal and agent, secrets from the vault, its tools and its progress', async () => {
  const upstream = makeUpstream();
  const exchange = exchangeOf(everything);
  const handshake = await upstream.handshake(exchange, {}, new AbortController().signal);
  expect(handshake).toMatchObject({ era: 'legacy', revision: LEGACY });
  const answers = await Promise.all(['a', 'b', 'c'].map((message) => sendAll(upstream, call('echo', { message }), exchange)));
  expect(answers.map((messages) => JSON.stringify(resultIn(messages)))).toEqual(['a', 'b', 'c'].map((text) => expect.stringContaining(`Echo: ${text}`)));
  const env = JSON.stringify(resultIn(await sendAll(upstream, call('get-env'), exchange)));
  expect(env).toContain('s3cret');
  expect(env).not.toContain('npm_package_name');
  expect(released).toContain('vault:crm');
  const long = requestOf('tools/call', { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 }, _meta: { progressToken: 'mine' } });
  const messages = await sendAll(upstream, long, exchange);
  const progress = messages.filter((message) => message.kind === 'notification' && message.method === 'notifications/progress');
  expect(progress).toHaveLength(2);
  expect(progress[0]).toMatchObject({ params: { progressToken: 'mine' } });
  expect(await pids()).toHaveLength(1);
  await sendAll(upstream, call('echo', { message: 'x' }), exchangeOf(everything, { agent: 'other' }));
  expect(await pids()).toHaveLength(2);
  upstream.close();
  await gone(0);
}, 30_000);

test('server-filesystem and server-memory do their work in their own folder', async () => {
  const upstream = makeUpstream();
  const own = { sandbox: { ...defaultSandbox(), writes: [data] } };
  const files = stdio('node', [join(modules, 'server-filesystem', 'dist', 'index.js'), data], own);
  const memory = stdio('node', [join(modules, 'server-memory', 'dist', 'index.js')], { env: { MEMORY_FILE_PATH: join(data, 'memory.json') }, ...own });
  await sendAll(upstream, call('write_file', { path: join(data, 'note.txt'), content: 'hello' }), exchangeOf(files));
  expect(JSON.stringify(resultIn(await sendAll(upstream, call('read_text_file', { path: join(data, 'note.txt') }), exchangeOf(files))))).toContain('hello');
  await sendAll(upstream, call('create_entities', { entities: [{ name: 'Ann', entityType: 'person', observations: ['here'] }] }), exchangeOf(memory));
  expect(JSON.stringify(resultIn(await sendAll(upstream, call('read_graph'), exchangeOf(memory))))).toContain('Ann');
}, 30_000);

test('a modern server on stdio is found out, and listens under the id that the client chose', async () => {
  const server = join(import.meta.dir, '..', '..', 'test', 'fixtures', 'modern-stdio.ts');
  const upstream = makeUpstream();
  const exchange = exchangeOf(stdio(process.execPath, [server], { sandbox: { ...defaultSandbox(), reads: [join(import.meta.dir, '..', '..')] } }));
  expect(await upstream.handshake(exchange, {}, new AbortController().signal)).toMatchObject({ era: 'modern', revision: MODERN });
  const echo = requestOf('tools/call', { name: 'echo', arguments: { text: 'm' } }, 'x', MODERN);
  expect(resultIn(await sendAll(upstream, echo, exchange))).toMatchObject({ content: [{ text: 'm' }] });
  const leave = new AbortController();
  const listen = requestOf('subscriptions/listen', { notifications: { toolsListChanged: true } }, 'sub', MODERN);
  const stream = upstream.send(permitOf(listen), exchange, leave.signal)[Symbol.asyncIterator]();
  expect((await stream.next()).value).toMatchObject({
    method: 'notifications/subscriptions/acknowledged', params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'sub' } },
  });
  leave.abort();
  expect((await faultOf(Promise.resolve(stream.next()))).code).toBe(cancelled('crm', leave.signal).code);
  expect(await faultOf(sendAll(upstream, call('echo', { text: 'x' }), exchange))).toMatchObject({ code: 'ERR_VERSION_UNSUPPORTED' });
});

test('a process that ends fails its calls; the next call has another one', async () => {
  const upstream = makeUpstream();
  const dying = exchangeOf(script(`
    if (params.name === 'die') process.exit(1);
    if (params.name === 'who') say({ id, result: { who: globalThis.who ??= crypto.randomUUID() } });`));
  const first = resultIn(await sendAll(upstream, call('who'), dying));
  const hanging = faultOf(sendAll(upstream, call('hang', {}, 2), dying));
  expect(await faultOf(sendAll(upstream, call('die', {}, 3), dying))).toMatchObject({ code: 'ERR_RUNNER_EXITED', dispatched: true });
  expect(await hanging).toMatchObject({ code: 'ERR_RUNNER_EXITED' });
  expect(resultIn(await sendAll(upstream, call('who'), dying))).not.toEqual(first);
});

test('what cannot start, and what ends at once again and again, was never dispatched to', async () => {
  const upstream = makeUpstream();
  expect(await faultOf(sendAll(upstream, call('x'), exchangeOf(stdio('no-such-command', []))))).toMatchObject({ code: 'ERR_RUNNER_SPAWN', dispatched: false });
  const crashing = exchangeOf(stdio('/bin/sh', ['-c', 'exit 1']));
  for (const _ of [1, 2, 3]) expect(await faultOf(sendAll(upstream, call('x'), crashing))).toMatchObject({ code: 'ERR_RUNNER_EXITED' });
  expect(await faultOf(sendAll(upstream, call('x'), crashing))).toMatchObject({ code: 'ERR_RUNNER_SPAWN', dispatched: false });
});

test('a shared process serves everyone, and says nothing that nobody asked for', async () => {
  const upstream = makeUpstream();
  const talkative = script(`
    if (method === 'tools/call') {
      globalThis.asking = { id, progressToken: params._meta.progressToken };
      say({ method: 'notifications/message', params: { level: 'info', data: 'for whom?' } });
      say({ id: 'ask', method: 'roots/list' });
    } else {
      say({ method: 'notifications/progress', params: { progressToken: asking.progressToken, progress: 1 } });
      say({ id: asking.id, result: { refused: error.code } });
    }`, { shared: true });
  const asking = requestOf('tools/call', { name: 't', arguments: {}, _meta: { progressToken: 't' } });
  for (const principal of ['a', 'b']) {
    const messages = await sendAll(upstream, asking, exchangeOf(talkative, { principal }));
    expect(messages).toMatchObject([{ method: 'notifications/progress', params: { progressToken: 't' } }, { kind: 'result', result: { refused: -32603 } }]);
  }
  expect(await pids()).toHaveLength(1);
  upstream.close();
  await gone(0);
});

test('lines that are no messages are passed over, unless they can only be one call\'s answer', async () => {
  const upstream = makeUpstream();
  const noisy = exchangeOf(script(`if (method === 'tools/call') { console.log('{not json'); }`));
  expect(await faultOf(sendAll(upstream, call('x'), noisy))).toMatchObject({ code: 'ERR_UPSTREAM_PROTOCOL' });
  const flooding = exchangeOf(script(`
    if (method === 'tools/call') for (let i = 0; i < 5000; i++) say({ method: 'notifications/message', params: { level: 'info', data: i } });`));
  const stream = upstream.send(permitOf(call('x')), flooding, new AbortController().signal)[Symbol.asyncIterator]();
  await stream.next();
  await Bun.sleep(200);
  const drained = async (): Promise<void> => {
    while ((await stream.next()).done !== true);
  };
  expect(await faultOf(drained())).toMatchObject({ code: 'ERR_UPSTREAM_TOO_LARGE' });
});

test('an idle process is stopped', async () => {
  const upstream = makeUpstream(60);
  const echoing = exchangeOf(script(`say({ id, result: { ok: true } });`));
  await sendAll(upstream, call('x'), echoing);
  await gone(0);
  expect(resultIn(await sendAll(upstream, call('x'), echoing))).toEqual({ ok: true });
});

test('what a killed runner ran ends with it; one that is told to stop leaves nothing', async () => {
  const own = mkdtempSync('/tmp/sp-runner-');
  const ownLedger = await runLedger({ home: own, strict: false });
  const start = async (): Promise<Bun.Subprocess<'pipe', 'pipe', 'inherit'>> => {
    const main = join(import.meta.dir, '..', 'cli', 'main.ts');
    const role = Bun.spawn([process.execPath, main, 'role', 'runner', '--home', own], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
    await role.stdout.getReader().read();
    return role;
  };
  const open = async (mark: string): Promise<void> => {
    const ownLink = connectLink({ home: own, self: 'gateway', peer: 'runner' });
    closers.push(() => ownLink.close());
    // Deaf to the end of its stdin, as a server that hangs is.
    const { launch } = stdio('/bin/sh', ['-c', `trap "" TERM PIPE; echo begun; sleep ${mark} & wait; wait`]);
    const body = { key: crypto.randomUUID(), origin: 'o', order: { ...orderOf(own, { space: 'default', server: 'crm', launch }) }, secrets: {} };
    const items = ownLink.stream('runner.open', body, new AbortController().signal)[Symbol.asyncIterator]();
    await items.next();
    await items.next();
    while (sleeping(mark) === 0) await Bun.sleep(1);
  };
  const [one, other] = [Math.floor(Math.random() * 1e9), Math.floor(Math.random() * 1e9)].map((number) => `1${number}`);
  const killed = await start();
  await open(one ?? '');
  killed.kill('SIGKILL');
  await killed.exited;
  while (sleeping(one ?? '') > 0) await Bun.sleep(1);
  const told = await start();
  await open(other ?? '');
  told.kill('SIGTERM');
  expect(await told.exited).toBe(0);
  while (sleeping(other ?? '') > 0) await Bun.sleep(1);
  await ownLedger.close();
  removeHome(own);
}, 30_000);

/** How many processes of the machine sleep for that long; what never ends fails by the test's time limit. */
function sleeping(mark: string): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8') === `sleep\0${mark}\0`;
    } catch {
      return false;
    }
  }).length;
}
