import { expect, setDefaultTimeout, test } from 'bun:test';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { readLogIdentity } from '../../src/audit/log/key.ts';
import { checkProof } from '../../src/audit/offline/tlog-proof.ts';
import { objects, text } from '../../src/cli/json-view.ts';
import { isArray, type Json, type JsonObject } from '../../src/domain/json.ts';
import { startRestorable, type Restorable } from '../fixtures/restorable.ts';
import { readJournal } from '../fixtures/supervised-gate.ts';
import { verifies } from './requirements.ts';

setDefaultTimeout(90_000);

interface Prepared {
  /** Agent tokens, made before the backup and after it. */
  readonly before: string;
  readonly after: string;
  readonly proofs: JsonObject;
  readonly archive: string;
  readonly installation: string;
}

/** A gate with a token, a record that is proved, a secret, and a backup of all that; and what was issued after it. */
async function prepare(gate: Restorable): Promise<Prepared> {
  await gate.up();
  await gate.enrol('notes');
  const before = await gate.token();
  expect((await gate.call(before)).result).toBeDefined();
  await gate.admin('PUT', '/vault/crm', { value: 'kept-in-the-vault' });
  const [permitted] = await gate.records({ event: 'call.permitted' });
  const proofs = await gate.run('audit', 'prove', text(permitted?.['exchange']));
  expect(proofs.code).toBe(0);
  cpSync(join(gate.home, 'ledger', 'log', 'checkpoint'), join(gate.folder, 'checkpoint'));
  const made = await gate.run('backup', 'create');
  expect([made.code, made.json['recorded']]).toEqual([0, true]);
  const after = await gate.token({ agent: 'later' });
  expect((await gate.call(after)).result).toBeDefined();
  return { before, after, proofs: proofs.json, archive: text(made.json['file']), installation: text(made.json['installation']) };
}

test(verifies('restore', 'everything destroyed comes back: proofs verify, what was issued is dead, calls flow when two people have signed'), async () => {
  const gate = await startRestorable();
  try {
    const { before, after, proofs, archive, installation } = await prepare(gate);
    const sent = gate.upstream.effects().length;
    await gate.down();
    gate.destroy();
    expect((await gate.run('restore', archive, ...gate.opening(installation))).json).toMatchObject({ needsOrder: true, installation });
    await gate.up();
    // Until two people have signed, nothing passes, not even what is issued now.
    const fresh = await gate.token({ agent: 'fresh' });
    expect((await gate.call(fresh)).code).toBe('ERR_KILLED');
    const checks = objects((await gate.run('doctor')).json['checks']).map(({ what }) => what);
    expect(checks.filter((what) => what === 'restored' || what === 'kill switch')).toEqual(['restored']);
    expect((await gate.order(['anna'])).error).toContain('ERR_RECOVERY_ORDER');
    expect((await gate.order(['anna', 'eve'])).error).toContain('ERR_RECOVERY_ORDER');
    expect((await gate.call(fresh)).code).toBe('ERR_KILLED');
    expect((await gate.order(['anna', 'ben'])).json).toMatchObject({ signers: ['anna', 'ben'] });
    for (let done = false; !done; await Bun.sleep(20)) done = (await gate.call(fresh)).result !== undefined;
    expect([(await gate.call(before)).code, (await gate.call(after)).code]).toEqual(['ERR_TOKEN_INVALID', 'ERR_TOKEN_INVALID']);
    expect(gate.upstream.effects().length).toBe(sent + 1);
    // The vault opens, and what was proved before is still in the log that goes on.
    expect((await gate.run('vault', 'show', 'crm')).code).toBe(0);
    const events = (await gate.records()).map((record) => text(record['event']));
    expect(events.filter((event) => event === 'backup.restored' || event.startsWith('recovery.'))).toEqual(
      ['backup.restored', 'recovery.refused', 'recovery.refused', 'recovery.ordered']);
    await gate.down();
    expect((await gate.run('audit', 'verify')).code).toBe(0);
    const { vkey } = readLogIdentity(join(gate.home, 'ledger'));
    const proved = objects(proofs['proofs']);
    expect(proved.length).toBeGreaterThan(1);
    for (const proof of proved) {
      const [leaf, note] = [text(proof['leaf']), text(proof['note'])];
      checkProof({ position: Number(proof['position']), event: '', leaf, note, proof: textsIn(proof['proof']) }, vkey);
    }
    expect((await gate.run('audit', 'consistency', join(gate.folder, 'checkpoint'))).code).toBe(0);
    expect(objects((await gate.run('audit', 'prove', text(proofs['exchange']), '--offline', gate.home)).json['proofs']).map(({ leaf }) => leaf)).toEqual(
      proved.map(({ leaf }) => leaf));
    await readJournal(gate.home);
  } finally {
    await gate.stop();
  }
});

function textsIn(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.map(String) : [];
}
