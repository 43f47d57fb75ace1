import { expect, test } from 'bun:test';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { text } from '../../src/cli/json-view.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { publicHalf, readOrder, signOrder, writeOrder } from '../../src/recovery/order.ts';
import { verifies } from '../e2e/requirements.ts';
import { startGate } from '../fixtures/gate.ts';
import { callTool } from '../fixtures/modern-call.ts';
import { startRecordingServer } from '../fixtures/recording-server.ts';

const CLI = join(import.meta.dir, '../../src/cli/main.ts');

async function run(home: string, ...args: readonly string[]): Promise<{ readonly code: number; readonly json: JsonObject; readonly error: string }> {
  const child = Bun.spawn([process.execPath, CLI, ...args, '--home', home, '--json'], { stdout: 'pipe', stderr: 'pipe' });
  const [out, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const read: Json = out.startsWith('{') ? JSON.parse(out) : {};
  return { code: await child.exited, json: isObject(read) ? read : {}, error };
}

test(verifies('recovery-order', 'a gateway that survived refuses restored control and ledger, but by an order of two people, once and on record'), async () => {
  const folder = mkdtempSync('/tmp/sp-order-');
  const identity = await generateX25519Identity();
  writeFileSync(join(folder, 'identity'), identity);
  const [anna, ben, eve] = [newKey(), newKey(), newKey()];
  const upstream = startRecordingServer();
  const gate = await startGate({
    policy: 'permit(principal, action, resource);', leaseMs: 6_000,
    manifest: `backup: { recipients: [${await identityToRecipient(identity)}], recoveryKeys: { anna: "${publicHalf(anna)}", ben: "${publicHalf(ben)}" } }\n`
      + `servers:\n  notes: { url: "${upstream.url}", allowPrivate: true, owner: tests }\n`,
  });
  try {
    await gate.enrol('notes');
    let token = await gate.token();
    const call = (): ReturnType<typeof callTool> => callTool(`${gate.url}/mcp/notes`, token, 'read_note', { text: 'a' });
    expect((await call()).result).toBeDefined();
    const made = await run(gate.home, 'backup', 'create', '--to', join(folder, 'backups'));
    expect(made.code).toBe(0);
    for (let index = 0; index < 5; index += 1) expect((await call()).result).toBeDefined();
    const later = await gate.token({ agent: 'later' });
    expect((await callTool(`${gate.url}/mcp/notes`, later, 'read_note', { text: 'a' })).result).toBeDefined();
    const floor = versionOf(gate.home);

    await gate.down('control');
    await gate.down('ledger');
    const opening = ['--identity', join(folder, 'identity'), '--installation', text(made.json['installation'])];
    expect((await run(join(folder, 'restored'), 'restore', text(made.json['file']), ...opening)).code).toBe(0);
    for (const role of ['control', 'ledger']) {
      rmSync(join(gate.home, role), { recursive: true });
      cpSync(join(folder, 'restored', role), join(gate.home, role), { recursive: true });
    }
    await gate.up('ledger');
    await gate.up('control');
    const sent = upstream.effects().length;
    for (let code: string | undefined; code !== 'ERR_LEASE_EXPIRED' && code !== 'ERR_LOG_INCONSISTENT'; await Bun.sleep(20)) ({ code } = await call());
    token = await gate.token({ agent: 'fresh' });
    expect((await call()).result).toBeUndefined();
    expect(upstream.effects().length).toBe(sent);
    expect(versionOf(gate.home)).toBe(floor);

    const apply = (order: string): Promise<string> => gate.admin('POST', '/recovery/orders', { order }).then(() => 'applied', String);
    const draft = async (more: readonly string[] = []): Promise<string> => {
      const file = join(folder, crypto.randomUUID());
      expect((await run(gate.home, 'recovery', 'draft', file, '--reason', 'both disks were lost', '--from', String(floor + 5), ...more)).code).toBe(0);
      return readFileSync(file, 'utf8');
    };
    const drafted = await draft();
    const { order: { format: _, ...order } } = readOrder(drafted);
    const both = (file: string): string => signOrder(signOrder(file, 'anna', anna), 'ben', ben);
    const bad: Readonly<Record<string, string>> = {
      'nobody signed': drafted, 'one signed': signOrder(drafted, 'anna', anna), forged: signOrder(signOrder(drafted, 'anna', anna), 'ben', eve),
      'of another installation': both(writeOrder({ ...order, installation: 'spi_other' })),
      'expired': both(writeOrder({ ...order, createdAt: Date.now() - 2_000, expiresAt: Date.now() - 1_000 })),
      'of another log': both(writeOrder({ ...order, ledger: { origin: 'other', size: 1, root: 'AA==' } })),
    };
    for (const [why, file] of Object.entries(bad)) expect([why, await apply(file)]).toEqual([why, expect.stringContaining('ERR_RECOVERY_ORDER')]);
    expect((await call()).result).toBeUndefined();

    const good = both(drafted);
    expect(await apply(good)).toBe('applied');
    for (let done = false; !done; await Bun.sleep(20)) done = (await call()).result !== undefined;
    expect((await callTool(`${gate.url}/mcp/notes`, later, 'read_note', { text: 'a' })).result).toBeUndefined();
    expect(await apply(good)).toContain('used before');
    const { id } = readOrder(good).order;
    const event = async (name: string): Promise<readonly JsonObject[]> => gate.records({ event: name });
    expect((await event('recovery.refused')).length).toBeGreaterThanOrEqual(Object.keys(bad).length + 1);
    expect(await event('recovery.ordered')).toMatchObject([{ detail: { id, from: floor + 5, signers: ['anna', 'ben'] } }]);
    for (const name of ['recovery.accepted', 'log.accepted']) {
      const nodes = async (): Promise<string> => (await event(name)).map(({ node }) => text(node)).toSorted().join();
      // Who had seen no more of the log than comes back has nothing to accept.
      for (let seen = ''; !seen.endsWith('gateway'); await Bun.sleep(50)) seen = await nodes();
      for (const record of await event(name)) expect(record).toMatchObject({ detail: { order: id, by: 'anna, ben' } });
    }
    for (const { detail } of await event('recovery.accepted')) expect(isObject(detail) ? detail['from'] : undefined).toBe(floor);
    // One person's word is not enough where people hold keys.
    expect((await run(gate.home, 'audit', 'accept-log', '--reason', 'me alone', '--yes')).error).toContain('ERR_SECOND_PERSON');
  } finally {
    await gate.stop();
    await upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);

function newKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

/** What the gateway remembers of its snapshots. */
function versionOf(home: string): number {
  const read: Json = JSON.parse(readFileSync(join(home, 'gateway', 'gateway.version'), 'utf8'));
  return isObject(read) ? Number(read['version']) : 0;
}
