import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { startRole, type RoleProcess } from '../../src/roles/up-process.ts';
import { makeCgroups } from '../../src/sandbox/cgroup-folders.ts';
import { probeJails, type JailSupport } from '../../src/sandbox/jail/probe.ts';
import { startSupervised, type SupervisedGate } from '../fixtures/supervised-gate.ts';
import type { Known, Outcome } from './hostile.ts';
import { ATTEMPT_NAMES, cellOf, PLACES, ROLE_CELLS, type Attempt, type Place } from './matrix.ts';

// Real processes on a shared machine: nothing here is a statement about time.
setDefaultTimeout(120_000);

const FEW = 300;
const PROJECT = join(import.meta.dir, '..', '..');
const HOSTILE = new Bun.Transpiler({ loader: 'ts', target: 'bun' }).transformSync(readFileSync(join(import.meta.dir, 'hostile.ts'), 'utf8'));
/** What is the machine's, beside the gate. */
const folder = mkdtempSync('/tmp/sp-host-');
const servers: Server[] = [];
let gate: SupervisedGate;
let support: JailSupport;
let found: ReadonlyMap<Place, Readonly<Record<Attempt, Outcome>>>;

beforeAll(async () => {
  support = await probeJails();
  gate = await startSupervised('', 'permit (principal, action, resource);');
  await gate.admin('PUT', '/vault/secrets/crm', { value: 'a secret', owner: 'tests' }).catch(() => undefined);
  found = new Map(await Promise.all(PLACES.map(async (place) => [place, await attack(place)] as const)));
});

afterAll(async () => {
  await gate.stop();
  gate.remove();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What hostile code achieved in a role's jail: the same call as `up`'s, another command. */
async function attack(place: Place): Promise<Readonly<Record<Attempt, Outcome>>> {
  const hostile = await startHostile(place, HOSTILE, JSON.stringify(await knownTo(place)));
  void hostile.child.stdin.end();
  if (place === 'runner') holdAt(FEW);
  const said = await new Response(hostile.child.stdout).text();
  try {
    return JSON.parse(said);
  } catch {
    throw new Error(`${place} said no outcome, and ended with ${await hostile.child.exited}: ${said.slice(0, 500)}`);
  }
}

/** The bomb is to meet the limit before the machine notices it: the same file that `up` writes, a smaller number. */
function holdAt(processes: number): void {
  for (const { folder: group, controllers } of makeCgroups(gate.home)) {
    if (controllers.includes('pids')) writeFileSync(join(group, 'pids.max'), String(processes));
  }
}

function startHostile(place: Place, ...code: readonly string[]): Promise<RoleProcess> {
  const [home, env] = [gate.home, { ...process.env, ISOLATION_SECRET: 'for control alone' }];
  const roleArguments = { control: ['--manifest', join(home, 'sallyport.yaml')] };
  return startRole(place, [process.execPath, '-e', ...code], { home, env, roleArguments }, support);
}

async function knownTo(place: Place): Promise<Known> {
  const file = join(folder, 'secret');
  writeFileSync(file, 'of the machine');
  const pids = Object.fromEntries(PLACES.map((role) => [role, gate.supervisor.pid(role) ?? 0]));
  const abstract = `sp-isolation-${process.pid}-${place}`;
  const [socket, , port] = [await listen(join(folder, `s-${place}`)), await listen(`\0${abstract}`), await listen(0)];
  return {
    home: gate.home, role: place, project: PROJECT, pids, supervisor: process.pid, file, folder, socket: String(socket), abstract, port: Number(port),
    manifest: join(gate.home, 'sallyport.yaml'), hasNoNetwork: place === 'runner' || place === 'ledger',
  };
}

async function listen(at: string | number): Promise<string | number> {
  const server = createServer((socket) => socket.end());
  servers.push(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  if (typeof at === 'number') server.listen(at, '127.0.0.1', resolve);
  else server.listen(at, resolve);
  await promise;
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : at;
}

async function refusedOnLinks(): Promise<readonly string[]> {
  return (await gate.records({ event: 'call.refused', address: 'link' })).map(({ code, detail }) => `${JSON.stringify(code)} ${JSON.stringify(detail)}`);
}

const done = (outcome: Outcome | undefined): readonly string[] =>
  Object.entries(outcome ?? {}).filter(([, met]) => met.startsWith('DONE')).map(([what, met]) => `${what}: ${met}`);

for (const place of PLACES) {
  describe(`arbitrary code in the jail of ${place}`, () => {
    for (const attempt of ATTEMPT_NAMES) {
      const { id, verdict } = cellOf(place, attempt);
      test(`${id}: ${verdict}`, () => {
        const outcome = found.get(place)?.[attempt];
        expect(outcome).toBeDefined();
        expect(Object.keys(outcome ?? {})).not.toContain('the attempt broke');
        if (verdict === 'impossible' || (verdict === 'noticed' && attempt !== 'fill-disk')) expect(done(outcome)).toEqual([]);
        else expect(done(outcome)).not.toEqual([]);
      });
    }
  });
}

test('who claims another role, or asks what is not its own, is on record', async () => {
  const wanted = [
    ...['gateway', 'egress', 'runner'].map((role) => new RegExp(`^"ERR_LINK_FORBIDDEN" .*"role":"${role}","verb":"control`)),
    ...['gateway', 'control', 'egress', 'runner'].map((role) => new RegExp(`^"ERR_LINK_FORBIDDEN" .*"role":"${role}","verb":"ledger`)),
    /^"ERR_LINK_AUTH" /,
  ];
  while (!(await refusedOnLinks()).some((line) => wanted[0]?.test(line) === true)) await Bun.sleep(50);
  const lines = await refusedOnLinks();
  for (const one of wanted) expect(lines.filter((line) => one.test(line))).not.toEqual([]);
});

test('each cell has one id', () => {
  expect(new Set(ROLE_CELLS.map(({ id }) => id)).size).toBe(PLACES.length * ATTEMPT_NAMES.length);
});

test('code that ignores every signal and shuts its ears ends with who started it, in every jail', async () => {
  const deaf = "for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => {}); setInterval(() => {}, 1000); console.log('deaf')";
  for (const place of PLACES) {
    const { child, pid } = await startHostile(place, deaf);
    const [reader, number] = [child.stdout.getReader(), await pid];
    await reader.read();
    expect(isAlive(number ?? 0)).toBe(true);
    child.kill('SIGKILL');
    await child.exited;
    while (isAlive(number ?? 0)) await Bun.sleep(5);
  }
});

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
