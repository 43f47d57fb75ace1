import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { redact } from '../domain/redacted.ts';

const LINE_CHARS_MAX = 1_000;
/** Shorter values of the environment are words that every program prints. */
const SECRET_CHARS_MIN = 6;

/**
 * What the last start of a server wrote to stderr, for the operator's eyes: line by line, without the values of its own
 * environment (its secrets among them) and without what looks like a secret. A file of its origin's, anew at each start.
 */
export function logTo(folder: string, origin: string, env: Readonly<Record<string, string>>): (chunk: Uint8Array) => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${createHash('sha256').update(JSON.stringify([origin])).digest('hex').slice(0, 16)}.stderr`);
  writeFileSync(path, '', { mode: 0o600 });
  const secrets = Object.entries(env).flatMap(([name, value]) => (name !== 'PATH' && value.length >= SECRET_CHARS_MIN ? [value] : []));
  const decoder = new TextDecoder();
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    // What has no end is cut: a secret at the cut would be two halves, so nothing of such a line is kept but its beginning.
    if (rest.length > LINE_CHARS_MAX * 2) {
      lines.push(rest.slice(0, LINE_CHARS_MAX));
      rest = '';
    }
    if (lines.length > 0) appendFileSync(path, lines.map((line) => `${plain(line, secrets)}\n`).join(''));
  };
}

function plain(line: string, secrets: readonly string[]): string {
  return redact(secrets.reduce((text, secret) => text.replaceAll(secret, '[…]'), line));
}
