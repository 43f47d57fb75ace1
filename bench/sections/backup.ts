import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { openLedger } from '../../src/audit/ledger.ts';
import { writeArchive } from '../../src/backup/archive-write.ts';
import { signManifest } from '../../src/backup/manifest.ts';
import { gather } from '../../src/cli/backup/gather.ts';
import { placeArchive } from '../../src/cli/backup/place.ts';
import { toRecord } from '../../src/domain/happening.ts';
import { ensureRoleKey } from '../../src/link/keys.ts';
import { openStore } from '../../src/store/open.ts';
import type { Figure } from '../figures.ts';

const RECORDS = 200_000;
const BATCH = 1_000;
const ROWS = 2_000;

/** What a backup and a restore take, which is what may be lost (with the time between two of them) and how long it takes to be back. */
export async function measureBackup(): Promise<Figure[]> {
  const folder = mkdtempSync('/tmp/sp-bench-backup-');
  try {
    const home = join(folder, 'home');
    const key = ensureRoleKey(home, 'control');
    const url = `sqlite:${join(home, 'control', 'store.db')}`;
    await fill(home, url);
    const identity = await generateX25519Identity();
    const file = join(folder, 'archive.age');
    const before = { at: performance.now(), cpu: process.cpuUsage(), rss: process.memoryUsage.rss() };
    let rss = before.rss;
    const gathering = gather({ home, store: { url, options: {} }, key, live: false });
    let installation = '';
    await writeArchive({
      file, recipients: [await identityToRecipient(identity)], files: gathering.files, signal: new AbortController().signal,
      onBytes: () => (rss = Math.max(rss, process.memoryUsage.rss())),
      finish: async (files) => {
        const manifest = gathering.describe(files);
        ({ installation } = manifest);
        return signManifest(manifest, key);
      },
    });
    const madeMs = performance.now() - before.at;
    const { user, system } = process.cpuUsage(before.cpu);
    const megabytes = statSync(file).size / 1e6;
    const restoreAt = performance.now();
    await placeArchive({ home: join(folder, 'restored'), file, identity, installation, database: undefined, now: Date.now() });
    const restoredMs = performance.now() - restoreAt;
    return [
      figure(`archive of ${RECORDS} records and ${ROWS} rows`, megabytes, 'MB'),
      figure('backup', madeMs / 1000, 's'),
      figure('CPU of a backup', (user + system) / 1000 / megabytes, 'ms/MB'),
      figure('memory that a backup adds at most', (rss - before.rss) / 1e6, 'MB'),
      figure('restore, verified', restoredMs / 1000, 's'),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function figure(name: string, value: number, unit: string): Figure {
  return { section: 'backup', name, value, unit };
}

async function fill(home: string, url: string): Promise<void> {
  mkdirSync(join(home, 'ledger'), { recursive: true, mode: 0o700 });
  const ledger = await openLedger(join(home, 'ledger'), { strict: false });
  const detail = { server: 'crm', tool: 'search_contacts', shape: { query: 'string(24)', limit: 'integer' }, note: 'x'.repeat(300) };
  for (let at = 0; at < RECORDS; at += BATCH) {
    await ledger.append(Array.from({ length: BATCH }, () =>
      toRecord({ id: Bun.randomUUIDv7(), at: Date.now(), node: 'ledger', space: 'default', exchange: '', event: 'role.started', detail })));
  }
  await ledger.close();
  const store = await openStore(url);
  await store.transaction(async (rows) => {
    for (let index = 0; index < ROWS; index += 1) await rows.put('observed', 'default', `row-${index}`, { text: 'y'.repeat(2_000) }, { by: 'bench' });
  });
  await store.close();
}
