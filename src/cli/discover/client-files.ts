import { LIMITS } from '../../domain/limits.ts';
import { imagesIn } from '../../client-files/read/special.ts';
import { readLeniently } from '../../client-files/read/lenient.ts';
import { readFileOf } from '../../client-files/read/servers.ts';
import { risksOf } from '../../client-files/risks.ts';
import { alsoReading, placesOfHome, placesOfMachine, placesOfProject } from '../../client-files/table/places.ts';
import { knownClient } from '../../client-files/table/table.ts';
import type { ClientFiles } from '../../discover/host/file-place.ts';
import { ownPlatform } from '../own-platform.ts';
import { ownPrograms } from '../own-program.ts';

const CONFIDENCE = { high: 95, medium: 90, low: 80 } as const;

/** What the discovery of a host is told of clients' files. `root`: where the machine's disk begins. */
export function clientFilesFor(root: string, env: Readonly<Record<string, string | undefined>>, ownHome: string): ClientFiles {
  const gates = ownPrograms();
  return {
    // The variables of this process say where this person's clients look, and nobody else's.
    placesOfHome: (home) => placesOfHome(home.folder === ownHome ? { ...home, env } : home),
    placesOfMachine: placesOfMachine(ownPlatform(), root === '/' ? '' : root),
    placesOfProject: placesOfProject(),
    clientOf: (id) => {
      const { name, sure, ended } = knownClient(id) ?? { name: id, sure: 'low', ended: undefined };
      return { name, confidence: CONFIDENCE[sure], ...(ended === undefined ? {} : { ended }) };
    },
    alsoReading,
    read: (text, source, images) => {
      const { servers, unread } = readFileOf(text, { ...source, gates }, images);
      return { servers: servers.slice(0, LIMITS.observationsMax), unread };
    },
    imagesIn: (text, file) => imagesIn(readLeniently(text, file).json),
    risksOf: (server, mode) => risksOf(server, mode === undefined ? {} : { mode }),
  };
}
