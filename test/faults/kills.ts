import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { GATE_ROLES, type GateRole } from '../../src/domain/role.ts';
import type { JournalRecord } from '../../src/domain/record.ts';
import { startCountingServer } from '../fixtures/counting-server.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';
import { sandboxed } from '../fixtures/sandbox-reads.ts';
import { startSupervised, type SupervisedGate } from '../fixtures/supervised-gate.ts';

/** Who is called and what came of it; `answer` is missing where the connection broke or nothing came in time. */
export interface Attempt {
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  readonly answer: Called | undefined;
}

/** How long after a kill each was answered again: calls of the HTTP server, calls of the local one that the runner starts, the control API. */
export interface Recovery {
  readonly roles: readonly GateRole[];
  readonly remoteMs: number;
  readonly localMs: number;
  readonly controlMs: number;
  /** Processes that waited for a core, as the system's one-minute average. */
  readonly load: number;
}

/** Everything that a run left to be judged. */
export interface Aftermath {
  readonly home: string;
  readonly recoveries: readonly Recovery[];
  readonly attempts: readonly Attempt[];
  /** One entry for each effect, `<tool> <id>`. */
  readonly effects: readonly string[];
  readonly journal: readonly JournalRecord[];
  /** Processes of the gate that were still there after it had stopped. */
  readonly survivors: readonly number[];
  remove(): void;
}

const CALLERS = 6;
const PAUSE_MS = 10;
const ANSWER_MS = 8_000;
const BETWEEN_MS = 700;
/** Every so often a second role dies with the first. */
const PAIR_CHANCE = 0.2;

const POLICY = `permit(principal, action == Action::"call_tool", resource) when { resource.name == "charge" };
permit(principal, action in Action::"session", resource);`;

/** Kills a role (now and then two) `count` times while callers call, and lets everything come to rest. */
export async function runKills(count: number, random: () => number): Promise<Aftermath> {
  const folder = `/tmp/sp-kill-${crypto.randomUUID().slice(0, 8)}`;
  const remoteFile = `${folder}.remote`;
  const localFile = join(folder, 'local');
  mkdirSync(folder);
  for (const file of [remoteFile, localFile]) writeFileSync(file, '');
  const upstream = startCountingServer(remoteFile);
  const local = [process.execPath, join(import.meta.dir, '../fixtures/counting-stdio.ts'), localFile];
  const gate = await startSupervised(
    // What these ask the flow for waits for control: test/flow/outage.test.ts kills gateways and control with them.
    `defaults: { untrusted-destination: off, uncleared-sink: off, rule-of-two: off, poisoned-memory: off }
servers:
  remote: { url: "${upstream.url}", allowPrivate: true, owner: tests }
  local: { command: ${JSON.stringify(local)}, owner: tests, ${sandboxed([folder])} }\n`,
    POLICY,
  );
  const attempts: Attempt[] = [];
  const recoveries: Recovery[] = [];
  try {
    await gate.enrol('remote', 'local');
    const token = await gate.token();
    const ending = new AbortController();
    const callers = Array.from({ length: CALLERS }, (_, index) => callOn(gate.url, token, `c${index}`, random, ending.signal, attempts));
    const probe = (server: string, name: string): Promise<number> => untilBack(async (round) => {
      const attempt = await callOnce(gate.url, token, { id: `${name}-${round}`, server, tool: 'charge' });
      attempts.push(attempt);
      return attempt.answer?.result !== undefined;
    });
    const controlBack = (): Promise<number> => untilBack(() => gate.admin('GET', '/status').then(() => true, () => false));
    await Promise.all([probe('remote', 'first-remote'), probe('local', 'first-local')]);
    while (recoveries.length < count) {
      await Bun.sleep(random() * BETWEEN_MS);
      const roles = killSome(gate, random);
      if (roles.length === 0) continue;
      const name = `k${recoveries.length}`;
      const probes = [probe('remote', `${name}-remote`), probe('local', `${name}-local`), controlBack()] as const;
      const [remoteMs, localMs, controlMs] = await Promise.all(probes);
      recoveries.push({ roles, remoteMs, localMs, controlMs, load: loadavg()[0] ?? 0 });
    }
    ending.abort();
    await Promise.all(callers);
    await untilQuiet(gate);
  } finally {
    await gate.stop();
    await upstream.stop();
  }
  const started = new Set(gate.events.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  const effects = [remoteFile, localFile].flatMap((file) => readFileSync(file, 'utf8').split('\n').filter((line) => line !== ''));
  const journal = await gate.journal();
  return { home: gate.home, recoveries, attempts, effects, journal, survivors: [...started].filter(isAlive), remove: () => gate.remove() };
}

/** Milliseconds until `attempt` succeeds; infinite when it does not in half a minute. */
async function untilBack(attempt: (round: number) => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  for (let round = 0; performance.now() - startedAt < 30_000; round += 1) {
    if (await attempt(round)) return Math.round(performance.now() - startedAt);
    await Bun.sleep(5);
  }
  return Number.POSITIVE_INFINITY;
}

function killSome(gate: SupervisedGate, random: () => number): readonly GateRole[] {
  const pick = (): GateRole => GATE_ROLES[Math.floor(random() * GATE_ROLES.length)] ?? 'gateway';
  const wanted = new Set(random() < PAIR_CHANCE ? [pick(), pick()] : [pick()]);
  return [...wanted].filter((role) => gate.kill(role));
}

/** One caller, one call after another, until `ending`. */
export async function callOn(
  url: string, token: string, name: string, random: () => number, ending: AbortSignal, attempts: Attempt[],
): Promise<void> {
  for (let round = 0; !ending.aborted; round += 1) {
    const server = random() < 0.2 ? 'local' : 'remote';
    const tool = random() < 0.1 ? 'forbidden' : 'charge';
    attempts.push(await callOnce(url, token, { id: `${name}-${round}`, server, tool }));
    await Bun.sleep(random() * PAUSE_MS);
  }
}

async function callOnce(url: string, token: string, what: Omit<Attempt, 'answer'>): Promise<Attempt> {
  try {
    const answer = await callTool(`${url}/mcp/${what.server}`, token, what.tool, { id: what.id }, AbortSignal.timeout(ANSWER_MS));
    return { ...what, answer };
  } catch {
    return { ...what, answer: undefined };
  }
}

/** The records of the last calls may still be on their way when their answers are there. */
export async function untilQuiet(gate: Pick<SupervisedGate, 'records'>): Promise<void> {
  // Control finds a ledger that was away again in its own time.
  const latest = (): Promise<unknown> => gate.records({ order: 'newest', limit: '1' }).then(([newest]) => newest?.['id'], () => undefined);
  for (let seen = await latest(), again: unknown; ; seen = again) {
    await Bun.sleep(300);
    again = await latest();
    if (again !== undefined && again === seen) return;
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
