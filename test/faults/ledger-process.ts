import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitLines } from '../../src/sandbox/lines.ts';

const FAKETIME = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketimeMT.so.1`;

/** The ledger role in a process of its own, whose disk and clock can be made to fail. */
export interface LedgerProcess {
  readonly pid: number;
  /** From when this resolves, every fsync and fdatasync of it fails with EIO, in the kernel. */
  breakDisk(): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number>;
}

export interface LedgerProcessOptions {
  readonly strict?: boolean;
  /** File with its clock's offset, as `setClock` writes it; the process reads it again at every look at the clock. */
  readonly clock?: string;
}

/** Resolves when the role is up. */
export async function startLedgerProcess(home: string, options: LedgerProcessOptions = {}): Promise<LedgerProcess> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'ledger-child.ts'), home, options.strict === true ? 'strict' : 'relaxed'], {
    stdin: 'ignore', stdout: 'pipe', stderr: 'inherit',
    env: options.clock === undefined ? process.env : { ...process.env, ...fakedClock(options.clock) },
  });
  const lines = splitLines(child.stdout);
  const heard = async (word: string): Promise<void> => {
    const { value } = await lines.next();
    if (value === word) return;
    child.kill('SIGKILL');
    throw new Error(`the ledger’s process said "${String(value)}" where "${word}" was expected`);
  };
  await heard('up');
  return {
    pid: child.pid,
    breakDisk: async () => {
      child.kill('SIGUSR2');
      await heard('broken');
    },
    kill: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      return child.exited;
    },
  };
}

/** `seconds` from the true time, from now on, for every process that watches this file. */
export function setClock(file: string, seconds: number): void {
  writeFileSync(file, `${seconds >= 0 ? '+' : ''}${seconds}\n`);
}

function fakedClock(file: string): Readonly<Record<string, string>> {
  if (!existsSync(FAKETIME)) throw new Error(`${FAKETIME} is missing: scripts/system installs it`);
  return { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
