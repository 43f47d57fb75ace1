import { expect, test } from 'bun:test';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startGate } from '../fixtures/gate.ts';
import { callTool } from '../fixtures/modern-call.ts';
import { startRecordingServer } from '../fixtures/recording-server.ts';

const CLI = join(import.meta.dir, '../../src/cli/main.ts');

test('a gate whose ledger was put back to an older copy lets nothing pass, says why, and goes on when an operator accepts the loss', async () => {
  const upstream = startRecordingServer();
  const gate = await startGate({
    policy: 'permit(principal, action, resource);', manifest: `servers:\n  notes: { url: "${upstream.url}", allowPrivate: true, owner: tests }\n`,
  });
  const ledger = join(gate.home, 'ledger');
  const copy = mkdtempSync('/tmp/sp-older-');
  try {
    await gate.enrol('notes');
    const token = await gate.token();
    const call = (): ReturnType<typeof callTool> => callTool(`${gate.url}/mcp/notes`, token, 'read_note', { text: 'a' });
    expect((await call()).result).toBeDefined();
    await gate.down('ledger');
    cpSync(ledger, copy, { recursive: true });
    await gate.up('ledger');
    for (let index = 0; index < 5; index += 1) expect((await call()).result).toBeDefined();
    await gate.token();

    await gate.down('ledger');
    for (const name of readdirSync(ledger)) rmSync(join(ledger, name), { recursive: true });
    cpSync(copy, ledger, { recursive: true });
    await gate.up('ledger');
    let code: string | undefined;
    for (; code !== 'ERR_LOG_INCONSISTENT'; await Bun.sleep(20)) ({ code } = await call());
    const sent = upstream.effects().length;
    for (let index = 0; index < 5; index += 1) expect((await call()).code).toBe('ERR_LOG_INCONSISTENT');
    expect(upstream.effects().length).toBe(sent);
    // Control holds it to the same: what can't be recorded is not changed.
    expect(await gate.admin('POST', '/tokens', { agent: 'x', groups: [], audience: ['*'], ttlMs: 1_000 }).catch(String)).toContain('ERR_LOG_INCONSISTENT');

    const accept = ['audit', 'accept-log', '--home', gate.home, '--reason', 'the disk was replaced', '--yes', '--json'];
    const cli = Bun.spawn([process.execPath, CLI, ...accept], { stdout: 'pipe', stderr: 'pipe' });
    expect([await cli.exited, await new Response(cli.stdout).text()]).toEqual([0, expect.stringContaining('seen-gateway.json')]);
    for (let done = false; !done; await Bun.sleep(50)) done = (await call()).result !== undefined;
    // Whoever had seen of the log what is lost says so; egress may not have.
    for (let nodes: readonly unknown[] = []; !['control', 'gateway'].every((node) => nodes.includes(node)); await Bun.sleep(50)) {
      nodes = (await gate.records({ event: 'log.accepted' })).map(({ node }) => node);
    }
  } finally {
    await gate.stop();
    await upstream.stop();
    rmSync(copy, { recursive: true, force: true });
  }
}, 60_000);
