import { randomUUIDv7 } from 'bun';

/** RFC 9562 section 5.7, with the time it is given. */
export function uuidv7(atMs: number): string {
  return randomUUIDv7('hex', atMs);
}
