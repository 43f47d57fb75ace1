import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { unwrap } from '../../client-files/runs/unwrap.ts';
import type { Home } from '../../discover/host/packages.ts';
import { lookRunning } from '../../discover/host/running.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import type { Looked } from '../../domain/observation.ts';

/**
 * What runs, listens, is contained and is installed on this machine, with what else is known joined in. `homes`: those of this
 * machine's people.
 */
export async function* lookAtRunning(homes: readonly Home[], now: number, { advisoriesFor }: Pick<Knowledge, 'advisoriesFor'>): Looked {
  yield* lookRunning({
    machine: hostname(), now, homes, root: '/', unwrap, gates: ownPrograms(),
    advisoriesFor: (ecosystem, name, version) => advisoriesFor(ecosystem, name, version).flatMap(({ id, certainty }) => (certainty === 'affected' ? [id] : [])),
  });
}

/** Where this very program lies: what lies elsewhere and is called the same is not it. */
function ownPrograms(): readonly string[] {
  const paths = [Bun.main, process.execPath].filter((path) => !/\/(?:bun|bun\.exe|node)$/.test(path));
  return [...new Set(paths.flatMap((path) => [path, realOf(path)]))];
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
