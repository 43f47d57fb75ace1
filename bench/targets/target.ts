import { join } from 'node:path';
import type { Part } from '../processes.ts';

/** What the bench gives a target to stand in front of. */
export interface Bench {
  /** Folder for the run's files; removed afterwards. */
  readonly folder: string;
  /** URL of the stub over HTTP. */
  readonly upstream: string;
  /** PEM files, for targets that are also measured over TLS. */
  readonly tls: { readonly ca: string; readonly certPath: string; readonly keyPath: string };
}

export interface Running {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM of the root, for https. */
  readonly ca?: string;
  /** The processes whose cost counts. */
  readonly parts: readonly Part[];
  readonly stop: () => Promise<void>;
}

/** One thing to measure. */
export interface Target {
  readonly name: string;
  /** What it is, for the table. */
  readonly label: string;
  /** Which section it belongs to: plaintext rows are never compared with TLS rows. */
  readonly transport: 'plaintext' | 'tls';
  /** Rejects with a reason when this machine or checkout cannot run it. */
  start(bench: Bench): Promise<Running>;
}

export const benchFolder = join(import.meta.dir, '..');
export const bun = process.execPath;

interface Child {
  readonly pid: number;
  /** What it wrote until now; for messages when it fails. */
  output(): string;
  readonly stop: () => Promise<void>;
}

const running = new Set<Child>();

/** Starts a process of a target; whatever happens, it ends with the bench. */
export function startProcess(command: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const chunks: string[] = [];
  const child = Bun.spawn([...command], { env: { ...process.env, ...env }, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const decoder = new TextDecoder();
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    // Only the beginning matters: a peer that logs every call must neither block on its pipe nor fill our memory.
    for await (const bytes of stream) if (chunks.length < 200) chunks.push(decoder.decode(bytes));
  };
  void collect(child.stdout);
  void collect(child.stderr);
  const started: Child = {
    pid: child.pid,
    output: () => chunks.join(''),
    stop: async () => {
      running.delete(started);
      child.kill('SIGTERM');
      const gone = await Promise.race([child.exited.then(() => true), Bun.sleep(5_000).then(() => false)]);
      if (!gone) child.kill('SIGKILL');
    },
  };
  running.add(started);
  return started;
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

/** Waits until `ready` holds; rejects with what the process said when it does not in time. */
export async function waitFor(what: string, ready: () => Promise<boolean> | boolean, child: Child, timeoutMs = 20_000): Promise<void> {
  for (const endsAt = Date.now() + timeoutMs; Date.now() < endsAt; await Bun.sleep(50)) {
    if (await ready()) return;
  }
  throw new Error(`${what} did not start in ${timeoutMs} ms: ${child.output().slice(-1000)}`);
}

/** Starts one of our own scripts, which print `{"port":N}` as their first line. */
export async function startScript(script: string, args: readonly string[] = []): Promise<{ pid: number; port: number; stop: () => Promise<void> }> {
  const child = startProcess([bun, join(benchFolder, script), ...args]);
  await waitFor(script, () => child.output().includes('\n'), child);
  const { port }: { port: number } = JSON.parse(child.output().split('\n')[0] ?? '{}');
  return { pid: child.pid, port, stop: child.stop };
}

export async function accepts(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

/** A free port, for programs that cannot choose one and say which. */
export function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}
