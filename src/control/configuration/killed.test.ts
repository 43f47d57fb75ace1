import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { startPostgres } from '../../../test/fixtures/databases.ts';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { removeHome } from '../../../test/fixtures/record-judge.ts';
import { startControl } from '../../roles/control.ts';
import { runLedger, type LedgerRole } from '../../roles/ledger.ts';
import { configure } from '../fixture-control.ts';
import { readRefusal, writeOrder } from './orders.ts';

setDefaultTimeout(120_000);

const MAIN = join(import.meta.dir, '..', '..', 'cli', 'main.ts');
const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function newHome(): Promise<{ readonly home: string; readonly ledger: LedgerRole }> {
  const home = mkdtempSync('/tmp/sp-killed-');
  undo.push(() => removeHome(home));
  const ledger = await runLedger({ home, strict: false });
  undo.push(() => ledger.close());
  return { home, ledger };
}

function policy(note: string): { readonly file: string; readonly source: string } {
  return { file: 'a.cedar', source: `@id("a") @ticket("${note}") forbid(principal, action == Action::"call_tool", resource);` };
}

/** Control as a process of its own. Resolves when it answers; rejects with what it said when it ends before. */
async function spawnControl(home: string): Promise<Bun.Subprocess> {
  const child = Bun.spawn([process.execPath, MAIN, 'role', 'control', '--home', home], { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' });
  const said = new Response(child.stderr).text();
  const ready = child.stdout.getReader().read().then(({ value }) => value !== undefined);
  if (await ready) return child;
  throw new Error(await said);
}

async function put(home: string, note: string): Promise<number> {
  const token = readFileSync(join(home, 'control', 'admin.token'), 'utf8').trim();
  const response = await fetch('http://control/api/v1/policies', {
    method: 'PUT', unix: join(home, 'run', 'control', 'api.sock'), body: JSON.stringify(policy(note)),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  return response.status;
}

test('killed at any moment of a change, control starts again, and what is recorded as committed is there', async () => {
  const { home } = await newHome();
  let answered = '';
  for (const [round, waitMs] of [3, 15, 40, 90].entries()) {
    const child = await spawnControl(home);
    const changing = (async () => {
      for (let n = 0; ; n += 1) if ((await put(home, `${round}-${n}`)) === 200) answered = `${round}-${n}`;
    })().catch(() => undefined);
    while (!answered.startsWith(`${round}-`)) await Bun.sleep(1);
    await Bun.sleep(waitMs);
    child.kill('SIGKILL');
    await child.exited;
    await changing;
  }
  const { control, close } = await startControl({ home });
  undo.push(close);
  const { number } = control.configuration.head?.statement ?? { number: 0 };
  const sealed = journalOf(home, { event: 'config.sealed' }).map(({ detail }) => JSON.stringify(detail));
  // Whoever was answered has what they asked for: it, or something that was asked later.
  const [round, n] = answered.split('-').map(Number);
  const kept = /@ticket\(\\"(\d+)-(\d+)\\"\)/.exec(JSON.stringify((await control.store.get('policy', 'default', 'a.cedar'))?.body));
  expect([Number(kept?.[1]), Number(kept?.[2]) >= (n ?? 0)]).toEqual([round ?? -1, true]);
  expect(sealed.at(0) === undefined ? '' : sealed.join()).toContain(`"version":${number},`);
  await control.store.transaction((rows) => control.configuration.check(rows));
});

test('on PostgreSQL too what is stored is what was signed, or control does not start', async () => {
  const { home } = await newHome();
  const postgres = await startPostgres();
  undo.push(() => postgres.stop());
  const start = (): ReturnType<typeof startControl> => startControl({ home, databaseUrl: postgres.url });
  const first = await start();
  await configure(first.control, 'policy', 'default', 'a.cedar', policy('first'));
  await first.close();

  const sql = new Bun.SQL(postgres.url);
  undo.push(() => sql.end());
  await sql`UPDATE resource SET body = replace(body, 'forbid', 'permit') WHERE kind = 'policy'`;
  expect(await codeOf(start())).toBe('ERR_CONFIG_TAMPERED');
  const { root = '', latest = '' } = readRefusal(home) ?? {};
  writeOrder(home, { order: 'restore', root, latest, by: 'olga', at: Date.now(), reason: 'it was looked into' });
  const second = await start();
  expect(JSON.stringify((await second.control.store.get('policy', 'default', 'a.cedar'))?.body)).toContain('forbid');
  await second.close();

  await sql`DELETE FROM configuration_version WHERE number = (SELECT max(number) FROM configuration_version)`;
  expect(await codeOf(start())).toBe('ERR_CONFIG_ROLLED_BACK');
});
