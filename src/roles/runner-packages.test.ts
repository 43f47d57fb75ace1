import { afterAll, afterEach, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import type { LaunchSpec, PackagePin } from '../domain/server.ts';
import { connectLink } from '../link/connect.ts';
import { readEntry } from '../packages/entry.ts';
import { installNpm, installPypi } from '../packages/install.ts';
import { removeFolder, stageEntry } from '../packages/stage.ts';
import { sandboxOf } from '../registry/sandbox.ts';
import { createStdioUpstream } from '../upstream/stdio.ts';
import { signedExchange } from '../../test/fixtures/signed-launch.ts';
import { codec, exchangeOf as unsigned, faultOf, LEGACY, requestOf, resultIn, sendAll } from '../../test/fixtures/upstream-exchange.ts';
import { openRegistry } from '../../test/fixtures/packages/registry.ts';
import { runLedger } from './ledger.ts';
import { startRunner } from './runner.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';

const home = mkdtempSync('/tmp/sp-runner-');
const exchangeOf: typeof unsigned = (endpoint, who) => signedExchange(home, unsigned(endpoint, who));
const store = join(home, 'packages');
const ledger = await runLedger({ home, strict: false });
const runner = await startRunner({ home });
const link = connectLink({ home, self: 'gateway', peer: 'runner' });
const registry = await openRegistry();
afterAll(async () => {
  link.close();
  await runner.close();
  await ledger.close();
  await registry.close();
  await removeFolder(store);
  removeHome(home);
});
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function makeUpstream(): ReturnType<typeof createStdioUpstream> {
  const upstream = createStdioUpstream({ codec, link, release: () => Promise.resolve({ value: '', expiresAt: 0 }) });
  closers.push(() => upstream.close());
  return upstream;
}

async function ask(url: string): Promise<Uint8Array | undefined> {
  const response = await fetch(url);
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
}

async function install(ecosystem: 'npm' | 'pypi', spec: string): Promise<{ readonly pin: PackagePin; readonly program: readonly string[] }> {
  const sources = { ask, npm: registry.npm, pypi: registry.pypi, scopes: {}, publishedBefore: Date.now(), excepts: () => false };
  const parts = { sources, staging: await stageEntry(store), provenance: 'checked', tell: () => undefined } as const;
  const python = { version: '3.11.7', implementation: 'cpython', os: 'linux', machine: 'x86_64' } as const;
  const { digest } = ecosystem === 'npm'
    ? await installNpm({ specs: [spec] }, { os: 'linux', cpu: 'x64', libc: 'glibc' }, parts)
    : await installPypi({ specs: [spec] }, python, parts);
  const { name, version, programs } = await readEntry(store, digest);
  return { pin: { ecosystem, name, version, digest, declared: ['npx', spec] }, program: Object.values(programs)[0] ?? [] };
}

function endpointOf([command = '', ...args]: readonly string[], pin?: PackagePin): { readonly transport: 'stdio'; readonly launch: LaunchSpec } {
  return { transport: 'stdio', launch: { command, args, env: {}, shared: false, sandbox: sandboxOf({ command, args }),
    ...(pin === undefined ? {} : { package: pin }) } };
}

const call = (name: string, args: Record<string, Json> = {}): Message => requestOf('tools/call', { name, arguments: args }, 1);

test('a published server runs from the store, in its jail, without any registry', async () => {
  registry.serveInstalled();
  const { pin, program } = await install('npm', '@modelcontextprotocol/server-everything');
  const asked = registry.asked.length;
  const exchange = exchangeOf(endpointOf(program, pin));
  const upstream = makeUpstream();
  expect(await upstream.handshake(exchange, {}, new AbortController().signal)).toMatchObject({ revision: LEGACY });
  expect(JSON.stringify(resultIn(await sendAll(upstream, call('echo', { message: 'hi' }), exchange)))).toContain('Echo: hi');
  expect(registry.asked).toHaveLength(asked);
}, 30_000);

const PYTHON = `
import json, os, sys
def run():
  for line in sys.stdin:
    asked = json.loads(line)
    answer = {'jsonrpc': '2.0', 'id': asked.get('id')}
    if asked.get('method') == 'initialize':
      answer['result'] = {'protocolVersion': '2025-11-25', 'capabilities': {'tools': {}}, 'serverInfo': {'name': 's', 'version': '1'}}
    elif asked.get('method') == 'tools/call':
      try:
        open('/package/site/tool.py', 'a').close()
        wrote = 'wrote'
      except OSError as fault:
        wrote = fault.strerror
      answer['result'] = {'content': [{'type': 'text', 'text': wrote + ' ' + ' '.join(sorted(os.listdir('/package')))}]}
    else:
      answer['error'] = {'code': -32601, 'message': 'Method not found'}
    if asked.get('id') is not None:
      print(json.dumps(answer), flush=True)
`;

test('a Python server runs from the store, and cannot write to it', async () => {
  registry.publishWheel({ name: 'tool', version: '1.0', programs: { tool: 'tool:run' }, files: { 'tool.py': PYTHON } });
  const { pin, program } = await install('pypi', 'tool');
  const exchange = exchangeOf(endpointOf(program, pin));
  const answer = JSON.stringify(resultIn(await sendAll(makeUpstream(), call('look'), exchange)));
  expect(answer).toMatch(/"(?:Read-only file system|Permission denied) run site"/);
}, 20_000);

test('an entry that was changed does not run, and that is on record', async () => {
  registry.publish({ name: 'changed', version: '1.0.0', bin: 'x.js' }, { 'x.js': 'setInterval(() => {}, 1000)' });
  const { pin, program } = await install('npm', 'changed');
  const file = join(store, pin.digest, 'tree/node_modules/changed/x.js');
  chmodSync(file, 0o644);
  writeFileSync(file, 'evil()');
  chmodSync(file, 0o444);
  expect(await faultOf(sendAll(makeUpstream(), call('any'), exchangeOf(endpointOf(program, pin))))).toMatchObject({ code: 'ERR_PACKAGE_TAMPERED',
    dispatched: false });
  const { entries } = await ledger.ledger.query({ event: 'server.failed' });
  expect(entries.map(({ record }) => record)).toContainEqual(expect.objectContaining({
    code: 'ERR_PACKAGE_TAMPERED', detail: { cause: 'package', package: 'npm:changed@1.0.0', digest: pin.digest },
  }));
});

test('what would be fetched when it starts is refused', async () => {
  for (const command of [['npx', '-y', 'server@1.0.0'], ['/usr/bin/uvx', 'tool==1.0'], ['pnpm', 'dlx', 'server@1.0.0'],
    ['docker', 'run', `x@sha256:${'a'.repeat(64)}`]]) {
    expect(await faultOf(sendAll(makeUpstream(), call('any'), exchangeOf(endpointOf(command))))).toMatchObject({ code: 'ERR_PACKAGE_MISSING' });
  }
});
