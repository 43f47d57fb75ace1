import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityToRecipient } from 'age-encryption';
import { joinShares, parseShare } from '../backup/shares.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { verifyOrder, writeOrder } from '../recovery/order.ts';
import { text } from './json-view.ts';

setDefaultTimeout(60_000);
const folder = mkdtempSync('/tmp/sp-rcli-');
afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly said: string;
  readonly json: JsonObject;
}

/** The command line, with a passphrase piped in. */
async function run(passphrase: string, ...args: readonly string[]): Promise<Ran> {
  const command = [process.execPath, join(import.meta.dir, 'main.ts'), ...args, '--home', join(folder, 'home'), '--json'];
  const child = Bun.spawn(command, { stdin: Buffer.from(passphrase), stdout: 'pipe', stderr: 'pipe' });
  const [out, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const read: Json = out.startsWith('{') ? JSON.parse(out) : {};
  return { code: await child.exited, said: out + error, json: isObject(read) ? read : {} };
}

test('the escrow writes each share apart, the key nowhere, and never over shares that are there', async () => {
  const place = join(folder, 'shares');
  const made = await run('', 'backup', 'escrow', '--to', place, '--shares', '3', '--needed', '2');
  expect(made.code).toBe(0);
  const texts = [1, 2, 3].map((at) => readFileSync(join(place, `share-${at}.txt`), 'utf8'));
  expect([1, 2, 3].map((at) => statSync(join(place, `share-${at}.txt`)).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
  const key = joinShares(texts.slice(1).map(parseShare));
  expect(await identityToRecipient(key)).toBe(text(made.json['recipient']));
  for (const one of [made.said, ...texts]) expect(one).not.toContain(key);
  expect((await run('', 'backup', 'escrow', '--to', place)).said).toContain('ERR_CONFLICT');
  expect(readFileSync(join(place, 'share-1.txt'), 'utf8')).toBe(texts[0] ?? '');
});

test('a recovery key is sealed where its owner wants it, and signs what its owner has read', async () => {
  const [file, order] = [join(folder, 'anna.key'), join(folder, 'order.json')];
  const made = await run('correct horse battery\n', 'recovery', 'key', file);
  expect([made.code, readFileSync(file, 'utf8').startsWith('-----BEGIN AGE ENCRYPTED FILE-----'), statSync(file).mode & 0o777]).toEqual([0, true, 0o600]);
  expect((await run('correct horse battery\n', 'recovery', 'key', file)).said).toContain('ERR_CONFLICT');
  const now = Date.now();
  const drafted = writeOrder({
    id: crypto.randomUUID(), installation: 'spi_here', from: 2, to: 1, restoredAt: now, reason: 'lost', createdAt: now, expiresAt: now + 60_000,
  });
  writeFileSync(order, drafted);
  const sign = ['recovery', 'sign', order, '--by', 'anna', '--key', file];
  // Nobody is there to confirm it.
  expect((await run('correct horse battery\n', ...sign)).said).toContain('nobody confirmed');
  expect((await run('not the passphrase\n', ...sign, '--yes')).said).toContain('ERR_RECOVERY_ORDER');
  expect(readFileSync(order, 'utf8')).toBe(drafted);
  expect((await run('correct horse battery\n', ...sign, '--yes')).code).toBe(0);
  const terms = { keys: { anna: text(made.json['publicKey']) }, installation: 'spi_here', now };
  expect(() => verifyOrder(readFileSync(order, 'utf8'), terms)).toThrow('of 1 of the people');
});
