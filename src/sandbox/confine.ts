import { readFileSync } from 'node:fs';
import type { LaunchSpec } from '../domain/server.ts';
import { programMounts } from './folders.ts';
import type { Jail, Mount } from './jail/jail.ts';
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
}

/** What a jail needs to reach the egress: what is shown in it besides, variables, and the program that runs the server's command. */
export interface NetworkWay {
  readonly mounts: readonly Mount[];
  readonly environment: Readonly<Record<string, string>>;
  /** Put before the server's own command; empty: nothing is. */
  readonly prefix: readonly string[];
}

const SECRETS = '/run/secrets';
const PRIVATE = '/tmp';
/** One file that a server writes into a folder of the machine. */
const FILE_BYTES_MAX = 1024 ** 3;
const LOOPBACK_ONLY = '127.0.0.1 localhost\n::1 localhost\n';

/** The jail of one local server: its program, a private `/tmp`, what its entry names, and nothing else of the machine. */
export function serverJail(spec: LaunchSpec, parts: ConfineParts): Jail {
  const { sandbox } = spec;
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const secrets = Object.entries(sandbox.secretFiles);
  return {
    mounts: [
      ...systemMounts('programs'),
      ...whoMounts(uid, gid, PRIVATE),
      { kind: 'text', at: '/etc/hosts', text: LOOPBACK_ONLY },
      { kind: 'text', at: '/etc/resolv.conf', text: '' },
      { kind: 'tmp', at: PRIVATE, bytes: sandbox.tmpBytesMax },
      ...programsOf(parts).flatMap(programMounts),
      ...parts.folders,
      ...secrets.map(([name, text]): Mount => ({ kind: 'text', at: `${SECRETS}/${name}`, text })),
      ...(parts.way?.mounts ?? []),
    ],
    network: 'none',
    spawning: 'processes',
    limits: { dataBytesMax: sandbox.memoryBytesMax, filesMax: sandbox.filesMax, fileBytesMax: FILE_BYTES_MAX, processesMax: sandbox.processesMax },
    cwd: spec.cwd ?? PRIVATE,
    environment: {
      PATH: parts.path, HOME: PRIVATE, TMPDIR: PRIVATE, LANG: 'C.UTF-8',
      ...parts.way?.environment,
      ...spec.env,
      ...Object.fromEntries(secrets.map(([name]) => [name, `${SECRETS}/${name}`])),
    },
    // Without folders of the machine there is no socket to reach but its own.
    ...(parts.folders.length > 0 && parts.way === undefined ? { unixSockets: 'pairs' } : {}),
  };
}

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
