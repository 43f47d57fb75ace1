import { join } from 'node:path';

/** Where a range's process and whoever drives it meet, in the range's home. */

/** The gate's own door, for callers outside the range's network. */
export function gateSocket(home: string): string {
  return join(home, 'gate');
}

/** Where a toy server of that name answers, outside the range's network. */
export function toySocket(home: string, name: string): string {
  return join(home, 'toys', name);
}

export function manifestFile(home: string): string {
  return join(home, 'range.yaml');
}
