import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { probeKnowledge, probeReach } from '../../src/cli/vendor/probe-kit.ts';
import { part, text } from '../../src/cli/json-view.ts';
import type { Json } from '../../src/domain/json.ts';
import { knowledgeOf, shippedTables } from '../../src/knowledge/table.ts';
import { PERMISSION } from '../../src/vendor/probe/permission.ts';
import type { ProbeReport } from '../../src/vendor/probe/result.ts';
import { probeEndpoint } from '../../src/vendor/probe/run.ts';
import { freePort } from '../fixtures/free-port.ts';

setDefaultTimeout(60_000);
const MODULES = join(import.meta.dir, '../../node_modules/@modelcontextprotocol');
const stops: (() => void)[] = [];
afterAll(() => stops.forEach((stop) => stop()));

/** Starts a server that somebody published, and waits until it says where it listens. */
async function startPublished(args: readonly string[], env: Readonly<Record<string, string>>, listens: RegExp): Promise<string> {
  const child = Bun.spawn([process.execPath, ...args], { env: { PATH: process.env['PATH'], ...env }, stdout: 'pipe', stderr: 'pipe' });
  stops.push(() => child.kill());
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const watch = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    let said = '';
    for await (const chunk of stream) {
      said += decoder.decode(chunk, { stream: true });
      const found = listens.exec(said);
      if (found !== null) resolve(found[1] ?? '');
    }
    reject(new Error(`it ended: ${said}`));
  };
  void watch(child.stdout).catch(reject);
  void watch(child.stderr).catch(() => undefined);
  return promise;
}

async function probe(url: string, origins: readonly string[] = []): Promise<ProbeReport> {
  const permission = PERMISSION.parse({
    apiVersion: 'sallyport/vendor-permission/v1', vendor: 'published', by: 'us@example.com', reference: 'our own copy', asker: 'us@example.com',
    until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10), endpoints: [url], origins, private: ['127.0.0.0/8', '::1/128'],
    consents: ['tokens', 'limits', 'fetches'],
  });
  return probeEndpoint({
    ...probeReach(permission), vendor: 'published', endpoint: url, permission, accounts: {}, knowledge: probeKnowledge(knowledgeOf(shippedTables())),
    extraRoots: [], signal: new AbortController().signal, turn: () => Promise.resolve(), resolve: () => Promise.resolve(['127.0.0.1']), slowBodyMs: 1_000,
  });
}

function failedIn(report: ProbeReport): readonly string[] {
  return report.probes.flatMap(({ checks }) => checks).filter(({ outcome }) => outcome === 'fail').map(({ check }) => check).toSorted();
}

test('the reference server, as it is published: open to everyone, in the clear, of the revision before', async () => {
  const port = freePort();
  await startPublished([join(MODULES, 'server-everything/dist/index.js'), 'streamableHttp'], { PORT: String(port) }, /(listening on port)/);
  const report = await probe(`http://127.0.0.1:${port}/mcp`);
  // What it is made for: everybody may try everything. Its SDK still agrees to a draft, and zod's objects are open.
  expect(failedIn(report)).toEqual([
    'batch', 'current-revision', 'deep-json', 'disclosure-policy', 'foreign-host', 'foreign-origin', 'https', 'old-revision', 'rate-limit', 'security-txt',
    'slow-body', 'stranger-call', 'stranger-hello', 'stranger-tools', 'tool-schema',
  ]);
  expect(report.facts).toMatchObject({ auth: 'none', revisions: ['2025-11-25'], software: { name: 'mcp-servers/everything' } });
  expect(report.facts.tools?.map(({ name }) => name)).toContain('echo');
});

test('the protected server of the conformance suite, as it is published: the door holds, and its issuer registers whoever asks', async () => {
  const url = await startPublished([join(MODULES, 'conformance/dist/index.js'), 'client', '--scenario', 'auth/metadata-default'], {}, /Server URL: (\S+)/);
  const metadata: Json = JSON.parse(await (await fetch(`${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`)).text());
  const report = await probe(url, [new URL(text(part(metadata, 'authorization_servers'))).origin]);
  // Behind its door nothing is seen; what is before it is for tests, in the clear, and shows the stack of a parser that fails.
  expect(failedIn(report)).toEqual([
    'authorization-servers', 'bound-tokens', 'client-metadata', 'disclosure-policy', 'file-path', 'https', 'issuer-https', 'open-registration', 'scopes',
    'security-txt', 'slow-body', 'stack-trace',
  ]);
  expect(report.facts).toMatchObject({ auth: 'oauth', pkce: ['S256'], dynamicRegistration: true });
  expect(report.probes.find((one) => one.probe === 'P02')?.outcome).toBe('pass');
});
