import { mkdirSync } from 'node:fs';
import { LIMITS } from '../domain/limits.ts';
import type { Cgroup, Cgroups } from './cgroups.ts';
import { withRoom, type NetworkWay } from './confine.ts';
import { launch, type Child, type LaunchOptions } from './launch.ts';
import type { ProcessRequest } from './processes.ts';
import { logTo, type StderrLog } from './stderr-log.ts';
import type { Ran } from './told.ts';
import type { Breach } from './watchdog.ts';

/** A local server that runs, and what is known of it. */
export interface Running {
  readonly child: Child;
  readonly owner: object;
  readonly ran: Ran;
  readonly startedAt: number;
  readonly stderr: StderrLog;
  readonly cgroup?: Cgroup;
  readonly way?: NetworkWay;
  saidAt: number;
  linesIn: number;
  linesOut: number;
  isClosing: boolean;
  breach?: Breach;
  unwatch: () => void;
}

export interface StartOptions extends Omit<LaunchOptions, 'onStderr' | 'entrance'> {
  readonly cgroups?: Cgroups;
  /** Where what servers write to stderr is kept. */
  readonly logs: string;
  readonly now: () => number;
}

/** Starts one server for whoever asked. Throws what `launch` does; then nothing of it is left. */
export async function startServer({ origin, space, server, launch: spec }: ProcessRequest, owner: object, options: StartOptions): Promise<Running> {
  const { cgroups, logs, now, ...rest } = options;
  let cgroup: Cgroup | undefined;
  try {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    const stderr = logTo(logs, origin, spec, LIMITS.stdioStderrBytesMax);
    cgroup = cgroups?.make(withRoom(spec.sandbox, options.way));
    const child = await launch(spec, { ...rest, entrance: cgroup?.entrance ?? [], onStderr: (chunk) => stderr.write(chunk) });
    const { pid, isJailed } = child;
    const startedAt = now();
    return {
      child, owner, stderr, startedAt, saidAt: startedAt, linesIn: 0, linesOut: 0, isClosing: false, unwatch: () => undefined,
      ran: { space, server, origin, spec, pid, isJailed, heldBy: cgroup === undefined ? 'watchdog' : 'cgroup' },
      ...(cgroup === undefined ? {} : { cgroup }), ...(options.way === undefined ? {} : { way: options.way }),
    };
  } catch (fault) {
    cgroup?.remove();
    options.way?.end();
    throw fault;
  }
}
