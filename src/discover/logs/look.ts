import { LIMITS } from '../../domain/limits.ts';
import type { Looked, Unseen } from '../../domain/observation.ts';
import { lookAtExport } from './exports/look.ts';
import { FORMATS } from './formats/table.ts';
import { ownTrafficOf } from './gates.ts';
import type { IsOwn } from './gates.ts';
import { firstLines, readLines, textOf } from './lines.ts';
import { maySay, signsOf } from './signs.ts';
import type { VendorOf } from './signs.ts';
import { createTally } from './tally.ts';
import type { Tally } from './tally.ts';
import type { LineReader } from './traffic.ts';

export interface LogOptions {
  readonly vendorOf: VendorOf;
  /** The addresses that it knows: what a line must name to be looked at. */
  readonly vendors: readonly string[];
  /** The name of the server whose log names no host (`combined` of nginx). */
  readonly host?: string;
  /** The machine on which logs were written that name loopback addresses. */
  readonly machine?: string;
  /**
   * Names and addresses of the gate (`ownTrafficOf`): what comes from there is its own, what goes there passes it, and neither says of anybody that
   * they go around it. Only whoever runs the gate can say them: a program may call itself what it likes.
   */
  readonly gates: readonly string[];
  /** Id of a format or of a product, where it is not to be told from the file. */
  readonly format?: string;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

interface Log {
  readonly path: string;
  readonly format: string;
  readonly reader: LineReader;
}

/**
 * Reads logs of the network one after the other, in bounded memory, and tells which servers they show: one observation a server,
 * when all are read. What can't be read, and what in them is broken, is told with its place.
 */
export async function* lookAtLogs(paths: readonly string[], options: LogOptions): Looked {
  const logs: Log[] = [];
  for (const path of paths) {
    const found = await recognise(path, options.format);
    if (found === undefined) continue;
    if ('reader' in found) logs.push(found);
    else if ('place' in found) yield found;
    else yield* readExported(found.path, options);
  }
  const tally = createTally(options.machine);
  const asked = maySay(options.vendors);
  const claimed = new Set<string>();
  // Connections are known by addresses that the other logs name.
  for (const log of logs.toSorted((a, b) => Number(a.reader.all === true) - Number(b.reader.all === true))) {
    yield* readLog(log, { tally, asked, isOwn: ownTrafficOf(options.gates), claimed }, options);
  }
  yield* tally.observations(options.now());
  for (const from of claimed) yield { place: from, reason: CLAIMED };
  if (tally.left === 0) return;
  yield {
    place: 'all logs',
    reason: `they name ${LIMITS.logServersMax} servers and more; ${tally.left} lines about others are left out: read fewer at a time`,
  };
}

/** No log of the network; perhaps an export of an administrator. */
interface Unlogged {
  readonly path: string;
}

async function* readExported(path: string, options: LogOptions): Looked {
  try {
    const seen = await lookAtExport(path, options);
    if (seen !== undefined) {
      yield* seen;
      return;
    }
    const formats = options.format ?? FORMATS.map(({ id }) => id).join(', ');
    yield { place: path, reason: `it is no log of ${formats}, and no export whose product it tells: say which with --format` };
  } catch (error) {
    yield { place: path, reason: error instanceof Error ? error.message : 'unreadable' };
  }
}

async function recognise(path: string, wanted: string | undefined): Promise<Log | Unlogged | Unseen | undefined> {
  try {
    const first = await firstLines(path);
    if (first.length === 0) return undefined;
    for (const format of FORMATS) {
      const reader = wanted === undefined || wanted === format.id ? format.reader(first) : undefined;
      if (reader !== undefined) return { path, format: format.id, reader };
    }
    return { path };
  } catch (error) {
    return { place: path, reason: error instanceof Error ? error.message : 'unreadable' };
  }
}

/** What all logs share. */
interface Reading {
  readonly tally: Tally;
  /** What a line must name to be looked at. */
  readonly asked: RegExp;
  readonly isOwn: IsOwn;
  /** Addresses from which somebody came as the gate, and is not known as it. */
  readonly claimed: Set<string>;
}

async function* readLog({ path, format, reader }: Log, { tally, asked, isOwn, claimed }: Reading, options: LogOptions): AsyncGenerator<Unseen> {
  let broken = 0;
  let nameless = 0;
  const places: number[] = [];
  const isBroken = (number: number): void => {
    broken += 1;
    if (places.length < PLACES) places.push(number);
  };
  const end = await readLines(path, {
    line: (line, number) => {
      if (reader.all !== true && !asked.test(line)) {
        if (!reader.isWhole(line)) isBroken(number);
        return;
      }
      const traffic = reader.read(textOf(line));
      if (traffic === 'broken') isBroken(number);
      if (typeof traffic === 'string') return;
      if (isOwn(traffic)) return;
      if (traffic.by === 'connection') {
        tally.connected(traffic);
        return;
      }
      const named = traffic.host === undefined && options.host !== undefined && traffic.by === 'http' ? { ...traffic, host: options.host } : traffic;
      const marked = signsOf(named, options.vendorOf);
      if (marked !== undefined) tally.add(marked, named, `${path}:${number}`, format);
      if (marked !== undefined && OWN_AGENT.test(named.agent ?? '') && claimed.size < PLACES) claimed.add(named.from ?? path);
      if (named.host === undefined && signsOf({ ...named, host: 'nameless.invalid' }, options.vendorOf) !== undefined) nameless += 1;
    },
    tooLong: isBroken,
  }, options.signal);
  if (broken > 0) {
    const where = `${places.join(', ')}${broken > places.length ? ' and others' : ''}`;
    yield { place: `${path}:${places[0] ?? 0}`, reason: `${broken} of ${end.lines} lines are none of a log of ${format}: line ${where}` };
  }
  if (nameless > 0) yield { place: path, reason: `${nameless} requests look like MCP, and the log names no host: say which server's log it is with --host` };
  if (end.stopped !== undefined) yield { place: path, reason: `read as far as line ${end.lines}: ${end.stopped}` };
}

/** What the gate calls itself to the servers that it asks. */
const OWN_AGENT = /^sallyport\b/i;
const CLAIMED = 'a program there calls itself Sallyport: if it is your gate, say so with --gate, or its own requests count as going around it';
/** Of broken lines, and of addresses, as many are told. */
const PLACES = 10;
