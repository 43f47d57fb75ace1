import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { parseOwnJson } from '../mcp/json.ts';
import type { Seal } from './seal.ts';

/** What was given out while control was away, in order, on this gateway's own disk: sealed, synchronous, bounded. */
export interface KeptRaises {
  /** Of this file: who loses it comes back as another. */
  readonly id: string;
  readonly waiting: readonly JsonObject[];
  /** Durable when it returns. Throws `ERR_FLOW_UNKNOWN`: there is no room, or no disk. */
  keep(visit: JsonObject): void;
  /** The first so many were delivered. */
  drop(count: number): void;
}

const BINDING = 'flow-raises';

export function openKeptRaises(file: string, seal: Seal): KeptRaises {
  const lineOf = (body: JsonObject): string => `${seal.seal(BINDING, JSON.stringify(body))}\n`;
  const found = existsSync(file) ? read(readFileSync(file, 'utf8'), seal) : undefined;
  const { id, waiting } = found ?? { id: crypto.randomUUID(), waiting: [] };
  let bytes = 0;
  /** All of it anew: a line that was cut off stands before nothing. */
  const rewrite = (): void => {
    const text = [{ id }, ...waiting].map(lineOf).join('');
    write('w', `${file}.new`, text);
    renameSync(`${file}.new`, file);
    // Or a power cut brings the file of before back, without what is added to this one.
    settle(dirname(file));
    bytes = text.length;
  };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  rewrite();
  return {
    id, waiting,
    keep(visit) {
      const line = lineOf(visit);
      if (bytes + line.length > LIMITS.flowKeptBytesMax) throw noRoom('so much was read while control was away');
      // Before it is written: from now on this gateway has something to tell.
      waiting.push(visit);
      try {
        write('a', file, line);
        bytes += line.length;
      } catch (cause) {
        try {
          rewrite();
        } catch {
          throw noRoom(cause instanceof Error ? cause.message : 'the disk can\'t be written');
        }
      }
    },
    drop(count) {
      waiting.splice(0, count);
      rewrite();
    },
  };
}

/** Durable when it returns. Throws what the system says. */
function write(mode: 'a' | 'w', path: string, text: string): void {
  const fd = openSync(path, mode, 0o600);
  try {
    const bytes = Buffer.from(text);
    if (writeSync(fd, bytes) !== bytes.length) throw new Error('the disk is full');
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes durable what a folder's files are called. */
function settle(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function noRoom(internal: string): SallyportError {
  return new SallyportError('ERR_FLOW_UNKNOWN', 'What was read can\'t be remembered while control is away.', { remedy: 'Try again in a moment.', internal });
}

/** Undefined: it is none of ours, or something in it was changed; then whoever wrote it is lost. The last line may be cut off: it was never given out. */
function read(text: string, seal: Seal): { readonly id: string; readonly waiting: JsonObject[] } | undefined {
  const lines = text.split('\n').slice(0, -1).map((line) => seal.open(BINDING, line));
  const bodies = lines.flatMap((line) => {
    const body = line === undefined ? undefined : parseOwnJson(line);
    return isObject(body) ? [body] : [];
  });
  const [first, ...waiting] = bodies;
  const id = first?.['id'];
  return bodies.length === lines.length && typeof id === 'string' ? { id, waiting } : undefined;
}
