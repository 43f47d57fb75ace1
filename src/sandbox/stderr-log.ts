import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../domain/limits.ts';
import { redact } from '../domain/redacted.ts';
import type { LaunchSpec } from '../domain/server.ts';

const LINE_CHARS_MAX = 1_000;
/** Shorter values of the environment are words that every program prints. */
const SECRET_CHARS_MIN = 6;
const TAIL_LINES = 8;

/** What the last start of a server wrote to stderr. */
export interface StderrLog {
  write(chunk: Uint8Array): void;
  /** The last lines, redacted: what a record says of a failure. */
  tail(): string;
  /** All that it wrote, kept or not. */
  readonly bytes: number;
}

/**
 * Keeps what a server wrote to stderr for the operator's eyes: line by line, without the values of its own environment and
 * files (its secrets among them) and without what looks like a secret; up to a limit. A file of its origin's, anew at each start.
 */
export function logTo(folder: string, origin: string, spec: Pick<LaunchSpec, 'env' | 'sandbox'>, bytesMax: number): StderrLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${createHash('sha256').update(JSON.stringify([origin])).digest('hex').slice(0, 16)}.stderr`);
  makeRoom(folder);
  writeFileSync(path, '', { mode: 0o600 });
  const secrets = secretsOf(spec);
  const decoder = new TextDecoder();
  let rest = '';
  let isCut = false;
  let bytes = 0;
  let last: readonly string[] = [];
  const keep = (chunk: Uint8Array): void => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    // What follows a cut is the other half of something, perhaps of a secret: it is not kept before the line has ended.
    if (isCut && lines.length > 0) {
      lines.shift();
      isCut = false;
    }
    if (isCut) rest = '';
    if (rest.length > LINE_CHARS_MAX * 2) {
      lines.push(rest);
      rest = '';
      isCut = true;
    }
    if (lines.length === 0) return;
    const plain = lines.map((line) => plainOf(line, secrets));
    last = [...last, ...plain].slice(-TAIL_LINES);
    appendFileSync(path, plain.map((line) => `${line}\n`).join(''));
  };
  return {
    write(chunk) {
      const left = bytesMax - bytes;
      bytes += chunk.byteLength;
      if (left > 0) keep(chunk.subarray(0, left));
      if (chunk.byteLength > left) rest = '';
    },
    tail: () => [...last, ...(rest === '' ? [] : [plainOf(rest, secrets)])].join('\n').slice(-LINE_CHARS_MAX),
    get bytes() {
      return bytes;
    },
  };
}

/** Whoever starts servers names origins, and each has a file: the oldest go. */
function makeRoom(folder: string): void {
  const files = readdirSync(folder).map((name) => join(folder, name));
  if (files.length < LIMITS.stdioLogsMax) return;
  const byAge = files.map((file) => ({ file, at: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 })).toSorted((one, other) => one.at - other.at);
  for (const { file } of byAge.slice(0, files.length - LIMITS.stdioLogsMax + 1)) rmSync(file, { force: true });
}

function secretsOf({ env, sandbox }: Pick<LaunchSpec, 'env' | 'sandbox'>): readonly string[] {
  const values = [...Object.entries(env).flatMap(([name, value]) => (name === 'PATH' ? [] : [value])), ...Object.values(sandbox.secretFiles)];
  // A line is looked at by itself, so of a secret of several lines each is one.
  return [...new Set(values.flatMap((value) => value.split('\n')))].filter((value) => value.length >= SECRET_CHARS_MIN)
    .toSorted((left, right) => right.length - left.length);
}

/** Cut after what is secret was taken out of it, and before anything that may be the beginning of a secret whose end is missing. */
function plainOf(line: string, secrets: readonly string[]): string {
  const plain = secrets.reduce((text, secret) => text.replaceAll(secret, '[…]'), line.slice(0, LINE_CHARS_MAX * 2));
  if (line.length <= LINE_CHARS_MAX) return redact(plain);
  const whole = plain.length - (secrets[0]?.length ?? 0);
  return redact(plain.slice(0, Math.max(0, Math.min(LINE_CHARS_MAX, whole))));
}
