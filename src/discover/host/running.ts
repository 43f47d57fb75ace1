import type { Looked } from '../../domain/observation.ts';
import { reasonOf } from '../bounded-file.ts';
import { userNames } from './accounts.ts';
import { askSystem } from './ask-system.ts';
import { observeContainers } from './containers.ts';
import { observePackages } from './packages.ts';
import type { Home } from './packages.ts';
import type { HostTable } from './process-table.ts';
import { observeProcesses } from './processes.ts';
import type { HostLook } from './processes.ts';
import { hasProc, readLinux } from './processes-linux.ts';
import { readMacos } from './processes-macos.ts';

export interface RunningOptions extends Omit<HostLook, 'userName'> {
  /** The homes of this machine's people. */
  readonly homes: readonly Home[];
  /** Where the machine's files begin; `/` but for tests. */
  readonly root: string;
}

/** What runs, listens, is contained and is installed on this machine. What could not be seen is said with what would show it. */
export async function* lookRunning(options: RunningOptions): Looked {
  const users = userNames(options.root);
  const look: HostLook = { ...options, userName: (user) => users.get(user) };
  const table = await readTable().catch((error: unknown) => ({ processes: [], sockets: [], unseen: [{ place: 'processes', reason: reasonOf(error) }] }));
  yield* observeProcesses(table, look);
  yield* table.unseen;
  yield* observeContainers({ root: options.root, homes: options.homes.map(({ folder }) => folder) }, look);
  yield* observePackages(options, look);
}

async function readTable(): Promise<HostTable> {
  if (hasProc()) return readLinux();
  if (process.platform === 'darwin') return readMacos(askSystem);
  return { processes: [], sockets: [], unseen: [{ place: 'processes', reason: `running processes are read on Linux and macOS, not on ${process.platform}` }] };
}
