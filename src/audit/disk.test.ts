import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flawsIn } from '../../test/fixtures/ledger-files.ts';

const NEW_MOUNT = ['unshare', '--user', '--map-root-user', '--mount'];
const canMount = Bun.spawnSync([...NEW_MOUNT, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdout: 'ignore', stderr: 'ignore' }).exitCode === 0;

/** Runs `body` with an open ledger in `dir`; what it returns comes back as JSON. */
function child(dir: string, reserveBytes: number, body: string): string {
  return `
    import { openLedger } from ${JSON.stringify(join(import.meta.dir, 'ledger.ts'))};
    import { flawsIn } from ${JSON.stringify(join(import.meta.dir, '../../test/fixtures/ledger-files.ts'))};
    import { existsSync, rmSync, writeFileSync, statfsSync } from 'node:fs';
    const dir = ${JSON.stringify(dir)};
    const origin = { role: 'gateway', node: 'gateway-1', incarnation: 'first' };
    const base = { at: 1, category: 'access', event: 'call.denied', node: 'gateway-1', space: 'default', exchange: 'x' };
    const line = (of) => JSON.stringify({ id: Bun.randomUUIDv7(), ...base, ...of });
    const ledger = await openLedger(dir, { strict: false, reserveBytes: ${reserveBytes} });
    await ledger.hello(origin, new Set());
    const append = (of) => ledger.appendLines([line(of)], origin).then((placed) => placed[0], (error) => error.code);
    const big = 'x'.repeat(50_000);
    const untilFull = async (of) => { let place; let taken = 0; while (typeof (place = await append(of)) === 'number') taken += 1; return { place, taken }; };
    ${body}
    await ledger.close();`;
}

async function run(command: readonly string[]): Promise<unknown> {
  const process_ = Bun.spawn([...command], { stdout: 'pipe', stderr: 'inherit' });
  const text = await new Response(process_.stdout).text();
  const answer: unknown = JSON.parse(text);
  return answer;
}

test('a write that fails half-way leaves nothing behind, is told, and the next one that fits is kept', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sp-disk-'));
  try {
    // RLIMIT_FSIZE cuts writes short as a full disk does; it works for every user. 512-byte blocks in dash, 1 KiB in bash.
    const body = `
      const full = await untilFull({ principal: 'p', reason: big });
      const small = await append({ principal: 'p' });
      console.log(JSON.stringify({ full: full.place, follows: small === full.taken, damage: await flawsIn(dir) }));`;
    const answer = await run(['sh', '-c', 'ulimit -f 700; exec "$0" -e "$1"', process.execPath, child(dir, 4096, body)]);
    expect(answer).toEqual({ full: 'ERR_JOURNAL_UNAVAILABLE', follows: true, damage: [] });
    expect(await flawsIn(dir)).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('in strict mode an append resolves after the sync of its write, and not when that failed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sp-disk-'));
  try {
    // The system's own call, wrapped before the ledger loads it: it says when it ran, and the third time it fails.
    const script = `
      const fs = require('node:fs');
      const real = fs.fdatasync;
      const steps = [];
      fs.fdatasync = (fd, done) => {
        steps.push('sync');
        if (steps.filter((step) => step === 'sync').length === 3) done(Object.assign(new Error('EIO'), { code: 'EIO' }));
        else real(fd, done);
      };
      const { openLedger } = await import(${JSON.stringify(join(import.meta.dir, 'ledger.ts'))});
      const ledger = await openLedger(${JSON.stringify(dir)}, { strict: true, reserveBytes: 4096 });
      const base = { at: 1, category: 'access', event: 'role.started', node: 'ledger', space: 'default', exchange: '' };
      const note = () => ledger.append([{ id: Bun.randomUUIDv7(), ...base }])
        .then(() => steps.push('kept'), (error) => steps.push(error.code));
      for (let index = 0; index < 4; index += 1) await note();
      console.log(JSON.stringify(steps));`;
    expect(await run([process.execPath, '-e', script])).toEqual(['sync', 'kept', 'sync', 'kept', 'sync', 'ERR_JOURNAL_UNAVAILABLE', 'ERR_JOURNAL_UNAVAILABLE']);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test.skipIf(!canMount)('on a full disk the reserve keeps authenticated records, and only those', async () => {
  const body = `
    const held = existsSync(dir + '/reserve');
    const first = await untilFull({ event: 'call.refused', reason: big });
    const after = { reserve: existsSync(dir + '/reserve'), refused: await append({ event: 'call.refused' }), known: typeof (await append({ principal: 'p' })) };
    const second = await untilFull({ principal: 'p', reason: big });
    const damage = await flawsIn(dir);
    console.log(JSON.stringify({ held, first: first.place, after, kept: second.taken > 5, second: second.place, damage }));`;
  const script = child('/mnt/ledger', 1024 * 1024, body);
  const answer = await run([...NEW_MOUNT, 'sh', '-c', 'mount -t tmpfs -o size=4m tmpfs /mnt && exec "$0" -e "$1"', process.execPath, script]);
  expect(answer).toEqual({
    held: true,
    first: 'ERR_JOURNAL_UNAVAILABLE',
    after: { reserve: false, refused: 'ERR_JOURNAL_UNAVAILABLE', known: 'number' },
    kept: true,
    second: 'ERR_JOURNAL_UNAVAILABLE',
    damage: [],
  });
});
