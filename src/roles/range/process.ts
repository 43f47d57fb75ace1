import { totalmem } from 'node:os';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { hardLimits } from '../../sandbox/jail/hard-limits.ts';
import { jailCommand, type Jail, type Mount } from '../../sandbox/jail/jail.ts';
import { probeJails, type JailSupport } from '../../sandbox/jail/probe.ts';
import { pidInJail, startJailed } from '../../sandbox/jail/start.ts';
import { systemMounts, whoMounts } from '../../sandbox/jail/system.ts';
import { openPassage } from './passage.ts';
import { gateSocket } from './places.ts';

const LOOPBACK = '127.0.0.1';
const PROJECT = join(import.meta.dir, '..', '..', '..');
const PROGRAM: readonly string[] = ['src', 'node_modules', 'package.json', 'tsconfig.json'];
/** Nothing of the operator's environment: no secret of it, no proxy, no address of a database. */
const ENVIRONMENT: Readonly<Record<string, string>> = { PATH: '/usr/bin:/bin', HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', TZ: 'UTC' };

type Child = Bun.Subprocess<'pipe', 'pipe', 'pipe'>;

/** The process in which a range runs. */
export interface RangeProcess {
  /** Whether the kernel keeps it in a network of its own, and away from all files but its home. */
  readonly isolated: boolean;
  /** Asks it one thing, and resolves with its answer. Throws `ERR_RANGE_STOPPED`. */
  ask(line: Json): Promise<Json>;
  /** The port at which its gate is reached, on this machine's loopback. */
  readonly port: number;
  /** Ends it at once with everything it started: nothing of it can go on. Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts it over a home that holds its manifest. Throws `ERR_RANGE_STOPPED` when it does not come up. */
export async function startRangeProcess(home: string): Promise<RangeProcess> {
  const support = await probeJails();
  // Held here before it is taken there: the gate has one port in both networks, so that its URL is the same for everybody.
  const passage = await openPassage({ host: LOOPBACK, port: 0 }, { path: gateSocket(home) });
  if (support.kind === 'none') await passage.close();
  const command = [process.execPath, join(PROJECT, 'src', 'cli', 'main.ts'), 'role', 'range', '--home', home, '--listen', `${LOOPBACK}:${passage.port}`];
  const jailed = support.kind === 'none' ? undefined : startJailed(jailCommand(jailOf(home, support), command, support.machine), spawn);
  const child = jailed?.child ?? spawn(command, []);
  const inJail = jailed === undefined ? undefined : pidInJail(jailed.told, () => hasEnded(child));
  const answers: PromiseWithResolvers<Json>[] = [];
  const ready = Promise.withResolvers<void>();
  const said: string[] = [];
  const isolated = support.kind === 'jails';
  const end = async (): Promise<void> => {
    // In a jail its one program ends, with that the jail's first process and all others, and then bubblewrap, which waits for
    // them: killed itself, it would be gone while they still write. A plain one is a group of its own.
    const pid = await inJail;
    if (!hasEnded(child)) kill(pid ?? -child.pid);
    const late = setTimeout(() => child.kill('SIGKILL'), LIMITS.rangeEndMs);
    await child.exited;
    clearTimeout(late);
    await passage.close();
  };
  void keepLast(child.stderr, said);
  void readLines(child.stdout, (line) => {
    if (isObject(line) && typeof line['port'] === 'number' && line['opened'] === undefined) ready.resolve();
    else if (isObject(line) && isObject(line['error'])) said.push(JSON.stringify(line['error']));
    else answers.shift()?.resolve(line);
  }).finally(() => {
    const stopped = stoppedFault(said);
    ready.reject(stopped);
    for (const one of answers) one.reject(stopped);
  });
  const late = setTimeout(() => void end(), LIMITS.rangeStartMs);
  await ready.promise.catch(async (fault: unknown) => {
    await end();
    throw fault;
  }).finally(() => clearTimeout(late));
  return {
    isolated,
    port: passage.port,
    async ask(line) {
      if (child.exitCode !== null) throw stoppedFault(said);
      const answer = Promise.withResolvers<Json>();
      answers.push(answer);
      await child.stdin.write(`${JSON.stringify(line)}\n`);
      await child.stdin.flush();
      return answer.promise;
    },
    kill: end,
  };
}

function stoppedFault(said: readonly string[]): SallyportError {
  const words = said.join(' ').trim().slice(-LIMITS.rangeSaidCharsMax);
  return new SallyportError('ERR_RANGE_STOPPED', `The range has ended${words === '' ? '' : `: ${words}`}`, {
    remedy: 'Start it anew; what it said says why it ended, if it did not end by itself.',
  });
}

/** The system and the program read-only, its own home, memory for the rest; a network with nothing but its own loopback. */
function jailOf(home: string, { nests }: JailSupport & { readonly kind: 'jails' }): Jail {
  const hard = hardLimits();
  const [user, group] = nests ? [0, 0] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return {
    mounts: [
      ...systemMounts('programs'),
      { kind: 'tmp', at: '/tmp', bytes: LIMITS.jailTmpBytes },
      ...whoMounts(user, group, '/tmp'),
      ...[process.execPath, ...PROGRAM.map((name) => join(PROJECT, name))].map((path): Mount => ({ kind: 'read', from: path, at: path, optional: true })),
      { kind: 'write', from: home, at: home },
    ],
    network: 'none',
    spawning: nests ? 'jails' : 'processes',
    limits: {
      dataBytesMax: Math.min(hard('Max data size'), Math.max(LIMITS.jailDataBytesMin, Math.floor(totalmem() * LIMITS.jailDataShare))),
      filesMax: Math.min(hard('Max open files'), LIMITS.jailFilesMax),
    },
    cwd: '/',
    environment: ENVIRONMENT,
  };
}

function spawn(argv: readonly string[], descriptors: readonly number[]): Child {
  return Bun.spawn([...argv], { stdio: ['pipe', 'pipe', 'pipe', ...descriptors], detached: true, env: ENVIRONMENT, cwd: '/' });
}

function hasEnded(child: Child): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A negative number is a group's. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: Json) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(-LIMITS.rangeSaidCharsMax);
    for (const line of lines) if (line.startsWith('{')) onLine(JSON.parse(line));
  }
}

async function keepLast(stream: ReadableStream<Uint8Array>, said: string[]): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    said.push(decoder.decode(chunk, { stream: true }));
    const all = said.splice(0).join('');
    said.push(all.slice(-LIMITS.rangeSaidCharsMax));
  }
}
