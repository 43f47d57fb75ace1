import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scanNetwork } from '../../../src/discover/network/scan.ts';
import { readTargets } from '../../../src/discover/network/targets.ts';
import type { Targets } from '../../../src/discover/network/targets.ts';
import { knowledgeOf, shippedTables } from '../../../src/knowledge/table.ts';
import { parseManifestText } from '../../../src/registry/manifest-text.ts';
import { refusalOf } from '../../../src/upstream/address-class.ts';
import { startModernServer, startSessionServer, startSseServer } from '../../fixtures/sdk-servers.ts';
import type { LookAlike, Plant, Planted } from './planted.ts';

interface Listening {
  readonly port: number;
  stop(): unknown;
}

/** Servers of every era that listen, one that asks for a token, and what answers like them and is none of them. */
export async function plantNetwork(folder: string, machine: string): Promise<Planted> {
  const servers: readonly (readonly [what: string, path: string, server: Listening, confidenceMin: number])[] = [
    ['a server of 2026-07-28', '/mcp', startModernServer(), 95],
    ['a server with sessions', '/mcp', startSessionServer(), 95],
    ['a server of HTTP+SSE', '/sse', await startSseServer(), 90],
    ['a server that asks for a token', '/mcp', listen(guarded), 80],
  ];
  const others = [
    ['a web site', listen(() => new Response('<html>'))], ['an API that wants a token', listen(() => new Response('', { status: 401 }))],
    ['another JSON-RPC server', listen(() => Response.json({ jsonrpc: '2.0', id: 1, result: {} }))],
  ] as const;
  const lines = [...servers.map(([, path, { port }]) => `http://127.0.0.1:${port}${path}`), ...others.map(([, { port }]) => `http://127.0.0.1:${port}/mcp`)];
  const file = join(folder, 'targets.yaml');
  writeFileSync(file, `apiVersion: sallyport/targets/v1
owner: lab@example.com
reason: the machine image
expires: ${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}
targets: [${lines.map((url) => `{ url: "${url}" }`).join(', ')}]
rate: { perSecond: 2000, perHostPerSecond: 2000 }
`);
  const scan = { targets: readTargetFile(file), knowledge: knowledgeOf(shippedTables()), refusalOf: refused, machine, signal: new AbortController().signal };
  return {
    plants: servers.map(([what, path, { port }, confidenceMin]): Plant => ({
      what, kind: 'server', confidenceMin, by: 'network', keys: [`url:${machine}!http://127.0.0.1:${port}${path}`, `listener:${machine}!127.0.0.1:${port}`],
    })),
    lookAlikes: others.map(([what, { port }]): LookAlike => ({ what, text: `:${port}` })),
    looks: [() => scanNetwork(scan)],
    stop: async () => {
      for (const [, , server] of servers) await server.stop();
      for (const [, server] of others) await server.stop();
    },
  };
}

function refused(address: string): string | undefined {
  return refusalOf(address, { internal: [], isInternalName: false, allowPrivate: true });
}

function readTargetFile(file: string): Targets {
  const read = readTargets(parseManifestText(readFileSync(file, 'utf8'), file).value, refused, Date.now());
  if ('targets' in read) return read;
  throw new Error(JSON.stringify(read));
}

function listen(answer: (request: Request) => Response): Listening {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer });
  return { port: server.port ?? 0, stop: () => server.stop(true) };
}

function guarded(request: Request): Response {
  const { pathname, origin } = new URL(request.url);
  if (pathname !== '/.well-known/oauth-protected-resource/mcp') return new Response('', { status: 401 });
  return Response.json({ resource: `${origin}/mcp`, authorization_servers: ['https://login.example.com'] });
}
