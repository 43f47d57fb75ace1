import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GATE_ROLES, type GateRole } from '../../src/domain/role.ts';
import { ensureHome } from '../../src/link/place.ts';
import { startRole } from '../../src/roles/up-process.ts';
import { probeJails, type JailSupport } from '../../src/sandbox/jail/probe.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';
import type { Bench } from '../targets/target.ts';

const ROUNDS = 15;
const BARE: JailSupport = { kind: 'none', why: 'measured without', remedy: '' };

/** What a jail adds to a role's start, until the first word of the runtime in it; with and without take turns. A call never passes a jail: its cost is none. */
export async function measureJails(bench: Bench): Promise<Figure[]> {
  const support = await probeJails();
  if (support.kind === 'none') throw new Error(`no jails here: ${support.why}`);
  const home = mkdtempSync(join(bench.folder, 'jails-'));
  ensureHome(home);
  try {
    const figures: Figure[] = [];
    for (const role of GATE_ROLES) {
      const added: number[] = [];
      for (let round = 0; round < ROUNDS; round++) added.push((await startMs(role, home, support)) - (await startMs(role, home, BARE)));
      const value = median(added);
      figures.push({ section: 'jails', name: `added to the start of ${role}`, value, unit: 'ms', target: '≤ 150 ms', met: value <= 150 });
    }
    return figures;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function startMs(role: GateRole, home: string, support: JailSupport): Promise<number> {
  const begun = performance.now();
  const { child } = await startRole(role, [process.execPath, '-e', 'console.log(1)'], { home, env: process.env, roleArguments: {} }, support);
  await child.stdout.getReader().read();
  const ms = performance.now() - begun;
  await child.exited;
  return ms;
}
