import { parseManifestText } from '../../registry/manifest-text.ts';
import { readScenarios } from '../../redteam/read.ts';
import type { Scenario } from '../../redteam/scenario.ts';
import { shippedScenarios } from '../../redteam/scenarios/table.ts';
import { LIMITS } from '../../domain/limits.ts';
import { usageError } from '../arguments.ts';
import { readPlain } from '../plain-file.ts';

/** Scenarios of one's own files, or those that ship. Throws `ERR_CONFIG_*` with file, line and column. */
export async function readAll(files: readonly string[]): Promise<readonly Scenario[]> {
  if (files.length === 0) return shippedScenarios(parseManifestText);
  const own: Scenario[] = [];
  for (const file of files) own.push(...readScenarios(parseManifestText(await readPlain(file, LIMITS.bodyBytesMax), file)));
  return own;
}

/** Those that are named: by id, by a technique of a published list, or by the number of a class of incidents. */
export function chosen(all: readonly Scenario[], only: string | undefined, usage: string): readonly Scenario[] {
  const words = only?.split(',').map((word) => word.trim()).filter((word) => word !== '') ?? [];
  const stranger = words.find((word) => !all.some((scenario) => isMeant(scenario, word)));
  if (stranger !== undefined) throw usageError({ usage }, `no scenario, technique or class of incidents is called ${stranger}`);
  return words.length === 0 ? all : all.filter((scenario) => words.some((word) => isMeant(scenario, word)));
}

function isMeant({ id, techniques, incident }: Scenario, word: string): boolean {
  return id === word || techniques.includes(word) || String(incident) === word;
}
