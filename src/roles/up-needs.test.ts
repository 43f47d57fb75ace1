import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSupervised } from '../../test/fixtures/supervised-gate.ts';

// Real processes on a shared machine: nothing here is a statement about time.
setDefaultTimeout(60_000);

test('a role whose jail has less than the settings need is started anew with it, and the others go on', async () => {
  const folder = mkdtempSync('/tmp/sp-un-');
  const gate = await startSupervised('', 'permit (principal, action, resource);');
  try {
    const [data, copies] = [join(folder, 'data'), join(folder, 'copies')];
    mkdirSync(data);
    writeFileSync(join(data, 'server.ts'), '');
    const before = gate.events.length;
    const text = `apiVersion: sallyport/v1
servers:
  notes: { command: [${process.execPath}, ${join(data, 'server.ts')}], owner: tests, sandbox: { writes: [${data}] } }
audit: { sinks: { copy: { type: file, directory: ${copies}, from: start, compress: none } } }
`;
    await gate.admin('POST', '/manifest', { file: 'sallyport.yaml', text, policies: [], dryRun: false });
    const since = (): readonly string[] => gate.events.slice(before).filter(({ event }) => event === 'ready').map(({ role }) => role);
    while (!(since().includes('runner') && since().includes('ledger'))) await Bun.sleep(20);
    expect(since().toSorted()).toEqual(['ledger', 'runner']);
    const granted = (role: string): readonly string[] => gate.events.findLast((one) => one.role === role && one.event === 'started')?.granted ?? [];
    expect(granted('runner')).toContain(`${data} (writable)`);
    expect(granted('ledger')).toEqual([`${copies} (writable)`]);
    expect(gate.events.slice(before).map(({ event }) => event)).not.toContain('exited');
    // What is recorded arrives there, also what was asked for while the ledger was away, which is refused and asked for again.
    const token = (): Promise<boolean> => gate.token().then(() => true, () => false);
    while (!(await token())) await Bun.sleep(50);
    while (!existsSync(copies) || new Bun.Glob('**/*').scanSync({ cwd: copies }).next().done === true) await Bun.sleep(20);
  } finally {
    await gate.stop();
    gate.remove();
    rmSync(folder, { recursive: true });
  }
});
