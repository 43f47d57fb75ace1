import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, benchFolder, bun, freePort, startProcess, waitFor } from './target.ts';
import type { Running, Target } from './target.ts';

/** Where npm put a peer; installed by scripts/bench from bench/package.json. */
function packageFolder(name: string): string {
  return join(benchFolder, 'node_modules', name);
}

function versionOf(name: string): string {
  try {
    const { version }: { version: string } = JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8'));
    return version;
  } catch {
    return 'not installed';
  }
}

/** The peers run on Node, as published; two of them listen on every interface unless told otherwise. */
const node = ['node', '--require', join(benchFolder, 'loopback.cjs')];
const stdioStub = `${bun} ${join(benchFolder, 'stub.ts')} stdio`;

async function startPeer(name: string, port: number, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const child = startProcess([...node, ...args], env);
  await waitFor(name, () => accepts(port), child);
  return { url: `http://127.0.0.1:${port}/mcp`, headers: {}, parts: [{ name, pid: child.pid }], stop: child.stop };
}

export const mcpProxy: Target = {
  name: 'mcp-proxy',
  label: `mcp-proxy ${versionOf('mcp-proxy')}, HTTP to stdio`,
  transport: 'plaintext',
  start() {
    const port = freePort();
    const program = join(packageFolder('mcp-proxy'), 'dist/bin/mcp-proxy.mjs');
    return startPeer('mcp-proxy', port, [program, '--host', '127.0.0.1', '--port', String(port), '--server', 'stream', '--', ...stdioStub.split(' ')]);
  },
};

export const supergateway: Target = {
  name: 'supergateway',
  label: `supergateway ${versionOf('supergateway')}, HTTP to stdio`,
  transport: 'plaintext',
  start() {
    const port = freePort();
    const program = join(packageFolder('supergateway'), 'dist/index.js');
    const args = [program, '--stdio', stdioStub, '--outputTransport', 'streamableHttp', '--stateful', '--port', String(port), '--logLevel', 'none'];
    return startPeer('supergateway', port, args);
  },
};

export const civic: Target = {
  name: 'civic',
  label: `civic passthrough ${versionOf('@civic/passthrough-mcp-server')}, HTTP to HTTP`,
  transport: 'plaintext',
  start(bench) {
    const port = freePort();
    // It runs only when its own address is the one that it was started by: a link in the path, and it exits silently.
    const program = realpathSync(join(packageFolder('@civic/passthrough-mcp-server'), 'dist/cli.js'));
    return startPeer('civic', port, [program], { PORT: String(port), TARGET_SERVER_URL: bench.upstream, TARGET_SERVER_TRANSPORT: 'httpStream' });
  },
};
