import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GateRole } from '../../src/domain/role.ts';
import { administer, type Administration } from '../fixtures/gate.ts';
import { openNetwork, type TestNetwork } from '../fixtures/netns.ts';
import { sandboxed } from '../fixtures/sandbox-reads.ts';
import { readJournal } from '../fixtures/supervised-gate.ts';
import { isAlive, type Aftermath, type Attempt } from './kills.ts';

/** A role that can be taken away. */
export type Far = Exclude<GateRole, 'egress'>;

/** One call with when it was made and when it ended, epoch ms. */
export interface TimedAttempt extends Attempt {
  readonly from: number;
  readonly to: number;
}

/** Four roles on three machines, each of which is a network namespace, under load from clients beside the gateway. */
export interface Fleet extends Administration {
  readonly attempts: readonly TimedAttempt[];
  /** SIGKILL; `start` brings it back over the same files. */
  kill(role: Far): Promise<void>;
  readonly start: (role: Far) => Promise<void>;
  /** SIGTERM and a new start. */
  restart(role: Far): Promise<void>;
  readonly signal: (role: Far, name: 'SIGSTOP' | 'SIGCONT') => void;
  /** Nothing gets through between the role and any other machine, and nobody is told. */
  part(role: Far): Promise<void>;
  heal(): Promise<void>;
  /** Stops everything and gives what is left to be judged. */
  end(): Promise<Aftermath>;
}

const MAIN = join(import.meta.dir, '../../src/cli/main.ts');
const MACHINES = ['centre', 'gate', 'run'] as const;
const PLACES: Readonly<Record<Far, { readonly machine: (typeof MACHINES)[number]; readonly port: number; readonly node: string }>> = {
  control: { machine: 'centre', port: 7701, node: 'control' },
  ledger: { machine: 'centre', port: 7702, node: 'ledger' },
  runner: { machine: 'run', port: 7703, node: 'r1' },
  gateway: { machine: 'gate', port: 7704, node: 'b' },
};
const URL = 'http://127.0.0.1:7443';
const POLICY = `permit(principal, action == Action::"call_tool", resource) when { resource.name == "charge" };
permit(principal, action in Action::"session", resource);`;

type Child = Bun.Subprocess<'pipe', 'pipe', 'pipe'>;

/** The roles' processes, each on its machine. */
interface Processes {
  readonly pids: readonly number[];
  readonly start: (role: Far) => Promise<void>;
  readonly stop: (role: Far, name: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  readonly signal: (role: Far, name: 'SIGSTOP' | 'SIGCONT') => void;
}

interface Ground {
  readonly network: TestNetwork;
  readonly folder: string;
  readonly homes: Readonly<Record<(typeof MACHINES)[number], string>>;
}

const tokenFile = (folder: string, role: Far): string => join(folder, `${role}.join`);

function openProcesses({ network, folder, homes }: Ground, leaseSeconds: number): Processes {
  const at = (role: Far): string => `${network.address(PLACES[role].machine)}:${PLACES[role].port}`;
  const peers = (...roles: readonly Far[]): string[] => roles.flatMap((role) => ['--peer', `${role}=${at(role)}`]);
  const options: Readonly<Record<Far, readonly string[]>> = {
    ledger: [],
    control: ['--manifest', join(folder, 'sallyport.yaml'), '--lease', `${leaseSeconds}s`, ...peers('runner', 'gateway')],
    runner: ['--node', 'r1', '--join', tokenFile(folder, 'runner'), ...peers('ledger')],
    gateway: ['--node', 'b', '--join', tokenFile(folder, 'gateway'), '--listen', '127.0.0.1:7443', '--insecure-loopback', ...peers('ledger', 'runner')],
  };
  const running = new Map<Far, Child>();
  const pids: number[] = [];
  return {
    pids,
    async start(role) {
      const { machine } = PLACES[role];
      const child = network.start(machine, [process.execPath, MAIN, 'role', role, '--home', homes[machine], '--link-listen', at(role), ...options[role]]);
      running.set(role, child);
      pids.push(child.pid);
      void tell(role, child);
      await firstLine(child.stdout);
    },
    async stop(role, name) {
      const child = running.get(role);
      child?.kill(name);
      await child?.exited;
    },
    signal: (role, name) => running.get(role)?.kill(name),
  };
}

/** What each role joins by; the ledger runs already, and is told by the command line. */
async function letIn({ network, folder, homes }: Ground, gate: Administration): Promise<void> {
  const joinToken = async (role: Far): Promise<string> => {
    const { token } = await gate.admin('POST', '/links/tokens', { role, node: PLACES[role].node });
    return typeof token === 'string' ? token : '';
  };
  const joining = [process.execPath, MAIN, 'link', 'join', '--role', 'ledger', '--node', 'ledger', '--home', homes.centre];
  await network.run('centre', joining, await joinToken('ledger'));
  for (const role of ['runner', 'gateway'] as const) writeFileSync(tokenFile(folder, role), await joinToken(role), { mode: 0o600 });
}

export async function startFleet(leaseSeconds: number): Promise<Fleet> {
  const folder = `/tmp/sp-part-${crypto.randomUUID().slice(0, 8)}`;
  const homes = { centre: join(folder, 'a'), gate: join(folder, 'b'), run: join(folder, 'c') };
  const effects = { remote: join(folder, 'remote'), local: join(folder, 'work', 'local') };
  for (const each of [...Object.values(homes), join(folder, 'work')]) mkdirSync(each, { recursive: true, mode: 0o700 });
  for (const file of Object.values(effects)) writeFileSync(file, '');
  const network = await openNetwork(MACHINES);
  const ground = { network, folder, homes };
  const { pids, start, stop, signal } = openProcesses(ground, leaseSeconds);
  const party = network.start('gate', [process.execPath, join(import.meta.dir, 'partition-party.ts'), effects.remote]);
  const [upstream, said] = await firstLine(party.stdout);
  writeManifest(folder, upstream, effects.local);
  await start('ledger');
  await start('control');
  const gate = administer(homes.centre);
  await letIn(ground, gate);
  await start('runner');
  await start('gateway');
  await gate.enrol('remote', 'local');
  const attempts: TimedAttempt[] = [];
  const heard = hear(said, attempts);
  await party.stdin.write(`${JSON.stringify({ url: URL, token: await gate.token() })}\n`);
  await party.stdin.flush();
  return {
    ...gate, attempts, start, signal,
    kill: (role) => stop(role, 'SIGKILL'),
    restart: async (role) => {
      await stop(role, 'SIGTERM');
      await start(role);
    },
    part: (role) => part(network, PLACES[role]),
    heal: async () => void (await network.run(undefined, ['nft', 'flush', 'ruleset'])),
    end: async () => {
      await party.stdin.end();
      await party.exited;
      await heard;
      await Bun.sleep(500);
      for (const role of ['gateway', 'runner', 'control', 'ledger'] as const) await stop(role, 'SIGTERM');
      await network.close();
      const done = Object.values(effects).flatMap((file) => readFileSync(file, 'utf8').split('\n').filter((line) => line !== ''));
      const journal = await readJournal(homes.centre);
      return {
        home: homes.gate, recoveries: [], attempts, effects: done, journal, survivors: pids.filter(isAlive),
        remove: () => rmSync(folder, { recursive: true }),
      };
    },
  };
}

/** Packets to and from the role's port on its machine are dropped on their way, and what it begins itself with them. */
async function part(network: TestNetwork, { machine, port }: { readonly machine: string; readonly port: number }): Promise<void> {
  const address = network.address(machine);
  const asked = [`ip daddr ${address} tcp dport ${port} drop`, `ip saddr ${address} tcp sport ${port} drop`];
  const asks = [`ip saddr ${address} tcp dport { 7703, 7704 } drop`, `ip daddr ${address} tcp sport { 7703, 7704 } drop`];
  // The ledger asks nobody; the runner and the gateway have their machines to themselves.
  const drops = machine !== 'centre' ? [`ip saddr ${address} drop`, `ip daddr ${address} drop`] : port === PLACES.control.port ? [...asked, ...asks] : asked;
  const rules = `table inet part { chain forward { type filter hook forward priority 0;
    ${drops.join('\n    ')}
  }
}\n`;
  await network.run(undefined, ['nft', '-f', '-'], rules);
}

function writeManifest(folder: string, url: string, local: string): void {
  const command = [process.execPath, join(import.meta.dir, '../fixtures/counting-stdio.ts'), local];
  writeFileSync(join(folder, 'policy.cedar'), POLICY);
  // What the defaults ask the flow for waits for control: test/flow/outage.test.ts is about that.
  writeFileSync(join(folder, 'sallyport.yaml'), `apiVersion: sallyport/v1
policies: [policy.cedar]
defaults: { untrusted-destination: off, uncleared-sink: off, rule-of-two: off, poisoned-memory: off, undisclosed-vendor: off }
servers:
  remote: { url: "${url}", allowPrivate: true, owner: tests }
  local: { command: ${JSON.stringify(command)}, owner: tests, ${sandboxed([join(folder, 'work')])} }\n`);
}

/** The first line, and the stream after it. */
async function firstLine(stdout: ReadableStream<Uint8Array>): Promise<readonly [string, AsyncIterable<string>]> {
  const lines = linesOf(stdout);
  const { value, done } = await lines.next();
  if (done === true) throw new Error('it ended before it said anything');
  return [value, lines];
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function hear(lines: AsyncIterable<string>, attempts: TimedAttempt[]): Promise<void> {
  for await (const line of lines) {
    const { answer, ...attempt }: TimedAttempt = JSON.parse(line);
    attempts.push({ ...attempt, answer });
  }
}

/** What a role says on stderr, in a failed test the only word of why. */
async function tell(role: Far, child: Child): Promise<void> {
  for await (const line of linesOf(child.stderr)) if (line.trim() !== '') console.error(`${role}| ${line}`);
}
