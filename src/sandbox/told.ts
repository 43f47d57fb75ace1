import type { Happening } from '../domain/happening.ts';
import { SallyportError } from '../domain/errors.ts';
import type { LaunchSpec, PackagePin } from '../domain/server.ts';
import type { Exit } from './launch.ts';
import type { Breach } from './watchdog.ts';

/** Why a process is no more. `killed`: somebody outside ended it; `crash`: it did, itself; `start`: it never said anything. */
export type EndCause = Breach | 'killed' | 'crash' | 'start' | 'protocol';

export interface Ran {
  readonly space: string;
  readonly server: string;
  readonly origin: string;
  readonly spec: LaunchSpec;
  readonly pid: number;
  readonly isJailed: boolean;
  /** What holds its memory and processes together: a cgroup, or only the looks of the watchdog. */
  readonly heldBy: 'cgroup' | 'watchdog';
}

/** What is known of a process when it has ended. */
export interface Ended {
  readonly cause?: EndCause;
  readonly exit?: Exit;
  readonly ranMs: number;
  readonly linesIn: number;
  readonly linesOut: number;
  readonly stderrBytes: number;
  /** Its last words, redacted. */
  readonly said: string;
}

/** The record of a start: what was started, and in which sandbox, by the digest of all that it may touch. */
export function startedRecord({ space, server, origin, spec, pid, isJailed, heldBy }: Ran): Happening {
  return {
    event: 'server.started', space, server,
    detail: { origin: origin.slice(0, ORIGIN_CHARS), pid, sandbox: isJailed ? sandboxDigest(spec) : 'none', heldBy },
  };
}

/** The record of a server that was not started, because its package is not what was approved. */
export function refusedRecord({ space, server }: Pick<Ran, 'space' | 'server'>, { ecosystem, name, version, digest }: PackagePin, fault: unknown): Happening {
  const [code, reason] = fault instanceof SallyportError ? [fault.code, fault.message] : ['ERR_INTERNAL', 'its package could not be read'];
  return { event: 'server.failed', space, server, code, reason, detail: { cause: 'package', package: `${ecosystem}:${name}@${version}`, digest } };
}

/** The record of an end: an error where nobody asked for it. */
export function endedRecord({ space, server, origin, pid }: Ran, { cause, exit, ranMs, linesIn, linesOut, stderrBytes, said }: Ended): Happening {
  const counts = { origin: origin.slice(0, ORIGIN_CHARS), pid, ranMs, linesIn, linesOut, stderrBytes };
  if (cause === undefined) return { event: 'server.stopped', space, server, detail: counts };
  const how = { cause, ...(exit === undefined ? {} : { exitCode: exit.code, signal: exit.signal }), ...(said === '' ? {} : { said }) };
  return { event: 'server.failed', space, server, code: 'ERR_RUNNER_EXITED', reason: WORDS[cause], detail: { ...counts, ...how } };
}

/** Of everything that decides what a process may touch; of secrets their names. */
function sandboxDigest({ command, args, cwd, env, sandbox, package: pin }: LaunchSpec): string {
  const { secretFiles, ...limits } = sandbox;
  const named = { command, args, cwd: cwd ?? null, env: Object.keys(env).toSorted(), limits, secrets: Object.keys(secretFiles).toSorted(), pin: pin ?? null };
  return new Bun.CryptoHasher('sha256').update(JSON.stringify(named)).digest('hex');
}

const ORIGIN_CHARS = 16;
const WORDS: Readonly<Record<EndCause, string>> = {
  memory: 'it used more memory than its sandbox has', processes: 'it started more processes than its sandbox may hold',
  wall: 'it ran longer than its sandbox allows', idle: 'nothing was said to it or by it for too long', disk: 'a disk that it may write to is all but full',
  killed: 'it was killed from outside', crash: 'it ended by itself', start: 'it ended before it said anything', protocol: 'it said what is no message',
};
