import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { tampered } from './version.ts';

const PIN = z.strictObject({ number: z.int().min(1), digest: z.string().regex(/^[0-9a-f]{64}$/) });
/** The newest version that this control has seen committed, kept beside the database and not in it. */
export type Pin = z.infer<typeof PIN>;

/** Undefined: this control has never seen one. Throws `ERR_CONFIG_TAMPERED` for a file that holds something else. */
export function readPin(file: string): Pin | undefined {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return PIN.parse(JSON.parse(text));
  } catch {
    throw tampered(`${file} is damaged`);
  }
}

/** Durable when it returns; what was there stays until then. */
export function writePin(file: string, { number, digest }: Pin): void {
  const draft = `${file}.${process.pid}.draft`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify({ number, digest })}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
