import { readFileSync } from 'node:fs';
import type { LaunchSpec, SandboxSpec } from '../domain/server.ts';
import { programMounts } from './folders.ts';
import { hardLimits } from './jail/hard-limits.ts';
import type { Jail, JailLimits, Mount } from './jail/jail.ts';
import { systemMounts, whoMounts } from './jail/system.ts';
import { findCommand } from './tools.ts';

export interface ConfineParts {
  /** The command as it was found, absolute. */
  readonly command: string;
  readonly path: string;
  readonly searchPath: readonly string[];
  /** What the entry names, as `Folders` shows it. */
  readonly folders: readonly Mount[];
  /** The way to the network, where the entry has one. */
  readonly way?: NetworkWay;
  /** Whether a cgroup holds its memory; else it is added up by the watchdog. */
  readonly isHeld: boolean;
}

/** What a jail needs to reach the egress: what is shown in it besides, and a program of ours that runs beside the server. */
export interface NetworkWay {
  /** Shown after everything else: also how names are answered. */
  readonly mounts: readonly Mount[];
  /** What it uses of the jail's limits, which is not the server's to pay. */
  readonly besides: { readonly memoryBytes: number; readonly processes: number };
  /** The server's command behind the program, which gives up the right to low ports before it becomes that. */
  wrap(command: readonly string[]): readonly string[];
  /** The process has ended. */
  end(): void;
}

/** The limits of a jail with a way to the network: the server's own, and room for what runs beside it. */
export function withRoom(sandbox: SandboxSpec, way: NetworkWay | undefined): SandboxSpec {
  if (way === undefined) return sandbox;
  const { memoryBytes, processes } = way.besides;
  return { ...sandbox, memoryBytesMax: sandbox.memoryBytesMax + memoryBytes, processesMax: sandbox.processesMax + processes };
}

const SECRETS = '/run/secrets';
const PRIVATE = '/tmp';
/** One file that a server writes into a folder of the machine. */
const FILE_BYTES_MAX = 1024 ** 3;
const NO_NAMES: readonly Mount[] = [
  { kind: 'text', at: '/etc/hosts', text: '127.0.0.1 localhost\n::1 localhost\n' }, { kind: 'text', at: '/etc/resolv.conf', text: '' },
];

/** The jail of one local server: its program, a private `/tmp`, what its entry names, and nothing else of the machine. */
export function serverJail(spec: LaunchSpec, parts: ConfineParts): Jail {
  const { way } = parts;
  const sandbox = withRoom(spec.sandbox, way);
  // With a way to the network it is user 0 of its jail.
  const [uid, gid] = way === undefined ? [process.getuid?.() ?? 0, process.getgid?.() ?? 0] : [0, 0];
  const secrets = Object.entries(sandbox.secretFiles);
  return {
    mounts: [
      ...systemMounts('programs'),
      ...whoMounts(uid, gid, PRIVATE),
      // Bubblewrap can't put one such file over another.
      ...(way === undefined ? NO_NAMES : []),
      { kind: 'tmp', at: PRIVATE, bytes: sandbox.tmpBytesMax },
      ...programsOf(parts).flatMap(programMounts),
      ...parts.folders,
      ...secrets.map(([name, text]): Mount => ({ kind: 'text', at: `${SECRETS}/${name}`, text })),
      ...(way?.mounts ?? []),
    ],
    network: 'none',
    spawning: 'processes',
    ...(way === undefined ? {} : { lowPorts: true }),
    limits: limitsOf(sandbox),
    cwd: spec.cwd ?? PRIVATE,
    environment: {
      PATH: parts.path, HOME: PRIVATE, TMPDIR: PRIVATE, LANG: 'C.UTF-8',
      ...spec.env,
      ...Object.fromEntries(secrets.map(([name]) => [name, `${SECRETS}/${name}`])),
    },
    ...(parts.isHeld ? {} : { memory: 'seen' }),
    // Without folders of the machine there is no socket to reach but its own.
    ...(parts.folders.length > 0 && way === undefined ? { unixSockets: 'pairs' } : {}),
  };
}

/**
 * Of each process. Memory is held by a cgroup or the watchdog, for all of them together; this is what one may map at most: engines
 * reserve gigabytes for code that they never write, and run without their compilers where they can't.
 */
function limitsOf({ memoryBytesMax, filesMax, processesMax }: SandboxSpec): JailLimits {
  const hard = hardLimits();
  return {
    dataBytesMax: Math.min(hard('Max data size'), memoryBytesMax + DATA_HEADROOM_BYTES),
    filesMax: Math.min(hard('Max open files'), filesMax),
    fileBytesMax: Math.min(hard('Max file size'), FILE_BYTES_MAX), processesMax: Math.min(hard('Max processes'), processesMax),
  };
}

const DATA_HEADROOM_BYTES = 3 * 1024 ** 3;

/** The command, and the interpreter of one that is a script: `#!/usr/bin/env node`. */
function programsOf({ command, searchPath }: ConfineParts): readonly string[] {
  const name = interpreterOf(command);
  const interpreter = name === undefined ? undefined : findCommand(name, searchPath);
  return interpreter === undefined ? [command] : [command, interpreter];
}

function interpreterOf(command: string): string | undefined {
  const [line = ''] = readFileSync(command).subarray(0, 256).toString('latin1').split('\n');
  return /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S+)/.exec(line)?.[1];
}
