import type { Home } from '../client-files/table/places.ts';

/** The system of this machine, of those on which clients have their places; what is none of them has those of Linux. */
export function ownPlatform(): Home['platform'] {
  return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
}
