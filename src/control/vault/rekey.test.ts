import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startControl } from '../../roles/control.ts';
import { runLedger } from '../../roles/ledger.ts';
import type { LedgerRole } from '../../roles/ledger.ts';
import { systemKeyring } from '../../vault/key-keyring.ts';
import { sourcesIn } from './vault.ts';
import { removeHome } from '../../../test/fixtures/record-judge.ts';

setDefaultTimeout(60_000);

/** Gives the vault another key in a process of its own, which kills itself at one moment. */
const CHILD = `
import { startControl } from '${import.meta.dir}/../../roles/control.ts';
import { createVaultKeeper } from '${import.meta.dir}/keeper.ts';
import { sourcesIn } from '${import.meta.dir}/vault.ts';
const [home, moment] = process.argv.slice(2);
const { control } = await startControl({ home });
const counts = {};
const pass = (what) => {
  counts[what] = (counts[what] ?? 0) + 1;
  if (what + counts[what] === moment) process.kill(process.pid, 'SIGKILL');
};
const open = sourcesIn(home, { kind: 'secret-tool', path: '/nowhere', env: {} });
const source = (name, passphrase) => {
  const one = open(name, passphrase);
  return { ...one, save: async (identities) => { pass('before-save-'); await one.save(identities); pass('after-save-'); } };
};
const change = (by, what, act, options) => control.change(by, what, async (rows) => {
  const done = await act(rows);
  pass('in-transaction-');
  return done;
}, options);
await createVaultKeeper({ store: control.store, change, source }).rekey({ admin: { id: 'test', may: [] }, space: 'default' }, {});
pass('done-');
`;

let home: string;
let ledger: LedgerRole;
const by = { admin: { id: 'test', may: [] }, space: 'default' };
const NAMES = ['a', 'b', 'c'];

beforeAll(async () => {
  home = mkdtempSync('/tmp/sp-rekey-');
  writeFileSync(join(home, 'child.ts'), CHILD);
  ledger = await runLedger({ home, strict: false });
});
afterAll(async () => {
  await ledger.close();
  removeHome(home);
});

async function withControl<T>(use: (control: Awaited<ReturnType<typeof startControl>>['control']) => Promise<T>): Promise<T> {
  const role = await startControl({ home });
  try {
    return await use(role.control);
  } finally {
    await role.close();
  }
}

async function identities(): Promise<number> {
  return (await sourcesIn(home, systemKeyring({}))('file', undefined).load()).length;
}

test('killed at any moment of a re-keying, the vault opens afterwards with all that it held', async () => {
  await withControl(async ({ vault, change, store }) => {
    const sealed = await Promise.all(NAMES.map((name) => vault.sealer.seal(['secret', 'default', name, '1'], `value of ${name}`)));
    await change(by, { resource: 'test', id: 'test', verb: 'set' }, async (rows) => {
      for (const [at, name] of NAMES.entries()) {
        const versions = [{ version: 1, createdAt: 1, createdBy: 'test', sealed: sealed[at] ?? '' }];
        await rows.put('secret', 'default', name, { createdAt: 1, holds: { kind: 'sealed', versions } }, { by: 'test' });
      }
    });
    expect(await store.list('secret')).toHaveLength(NAMES.length);
  });
  // Which key is in use afterwards, told by the moment: the old one until the transaction has been committed.
  const moments = [
    ['before-save-1', 1, 'old'], ['after-save-1', 2, 'old'], ['in-transaction-1', 2, 'old'], ['in-transaction-2', 2, 'old'],
    ['before-save-2', 2, 'new'], ['after-save-2', 1, 'new'], ['done-1', 1, 'new'],
  ] as const;
  let recipient = await withControl(async ({ vault }) => (await vault.status()).key?.recipient);
  for (const [moment, keys, inUse] of moments) {
    const child = Bun.spawn([process.execPath, join(home, 'child.ts'), home, moment], { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
    await child.exited;
    expect([moment, child.signalCode]).toEqual([moment, 'SIGKILL']);
    expect([moment, await identities()]).toEqual([moment, keys]);
    const now = await withControl(async ({ vault }) => {
      for (const name of NAMES) expect((await vault.read('default', `vault:${name}`)).value).toBe(`value of ${name}`);
      return (await vault.status()).key?.recipient;
    });
    expect([moment, now === recipient]).toEqual([moment, inUse === 'old']);
    recipient = now;
  }
  const again = await withControl(async ({ vault, store }) => ({ ...(await vault.rekey(by, {})), payloadKeys: (await store.list('retention-key')).length }));
  expect(again).toMatchObject({ resealed: NAMES.length + again.payloadKeys, recipient: expect.not.stringMatching(recipient ?? '') });
  expect(await identities()).toBe(1);
});

test('one text that is not what was sealed here stops the whole re-keying', async () => {
  await withControl(async ({ vault, store }) => {
    const before = await store.list('secret');
    const row = before.find(({ id }) => id === 'b');
    await store.put('secret', 'default', 'b', JSON.parse(JSON.stringify(row?.body).replace(/\\n([A-Za-z0-9])/, '\\nA')), { by: 'intruder' });
    const { key } = await vault.status();
    const outcome = await vault.rekey(by, {}).then(() => 'done', (fault: unknown) => (fault instanceof Error && 'code' in fault ? fault.code : ''));
    expect(outcome).toBe('ERR_VAULT_SEAL');
    expect((await vault.status()).key).toEqual(key);
    expect(await vault.read('default', 'vault:a')).toMatchObject({ value: 'value of a' });
  });
});
