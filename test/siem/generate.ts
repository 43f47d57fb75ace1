import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { elastic, sentinel, splunk } from './forms.ts';
import { readDetections, SIGMA, type Detection } from './sigma.ts';

/** Every generated file by its path under deploy/siem. */
export function formsOf(detections: readonly Detection[]): ReadonlyMap<string, string> {
  return new Map([
    ['splunk/savedsearches.conf', splunk(detections)],
    ...detections.map((detection): [string, string] => [`sentinel/${detection.name}.yaml`, sentinel(detection)]),
    ['elastic/rules.ndjson', elastic(detections)],
  ]);
}

/** `bun test/siem/generate.ts` writes the Splunk, Sentinel and Elastic forms of deploy/siem/sigma anew. */
if (import.meta.main) {
  const folder = dirname(SIGMA);
  rmSync(join(folder, 'sentinel'), { recursive: true, force: true });
  for (const [path, text] of formsOf(readDetections())) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
