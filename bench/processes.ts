import { readFileSync, readdirSync } from 'node:fs';

/** A part of a target whose cost is told apart: the gateway, the ledger, a worker. */
export interface Part {
  readonly name: string;
  readonly pid: number;
}

export interface Cost {
  /** CPU time of the part and all its descendants since they started. */
  readonly cpuUs: number;
  readonly rssBytes: number;
}

/** The kernel counts in ticks of 10 ms (USER_HZ is 100 on Linux): measure over thousands of calls. */
const US_PER_TICK = 10_000;
/** The upstream stub, when a bridge starts it as its child, is not the bridge's cost. (The bridge itself names it, but further on.) */
function isUpstream(pid: number): boolean {
  return readText(`/proc/${pid}/cmdline`).split('\0')[1]?.endsWith('bench/stub.ts') === true;
}

interface Entry {
  readonly parent: number;
  readonly ticks: number;
}

function readEntry(pid: number): Entry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command in brackets may hold anything: count the fields after its last bracket. 4 = parent, 14 = utime, 15 = stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/**
 * The most memory that a process which runs has had, in bytes; 0 where it is gone. What the system says of one that ended counts
 * that of who started it, too: it was a copy of it for a moment.
 */
export function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** What `pid` and its descendants used until now; the bench's own stub is left out. */
export function costOf(pid: number): Cost {
  const entries = new Map<number, Entry>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const entry = readEntry(Number(name));
    if (entry !== undefined) entries.set(Number(name), entry);
  }
  let ticks = 0;
  let rssBytes = 0;
  const open = [pid];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const [child, entry] of entries) if (entry.parent === current) open.push(child);
    if (isUpstream(current)) continue;
    ticks += entries.get(current)?.ticks ?? 0;
    rssBytes += rssOf(current);
  }
  return { cpuUs: ticks * US_PER_TICK, rssBytes };
}
