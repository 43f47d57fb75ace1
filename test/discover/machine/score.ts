import type { Asset } from '../../../src/discover/correlate/asset.ts';
import type { LookAlike, Plant } from './planted.ts';

export interface Score {
  /** Of what was planted, how much was found. */
  readonly recall: number;
  /** Of what was found, how much was planted. */
  readonly precision: number;
  /** One line for everything that is not as it must be. */
  readonly wrong: readonly string[];
}

/** Compares what was found with what is there. */
export function scoreOf(plants: readonly Plant[], lookAlikes: readonly LookAlike[], assets: readonly Asset[]): Score {
  const wrong: string[] = [];
  const planted = new Set<Asset>();
  let found = 0;
  for (const plant of plants) {
    const its = assets.filter(({ keys }) => plant.keys.some((key) => keys.includes(key)));
    for (const asset of its) planted.add(asset);
    if (its.length > 0) found += 1;
    const complaint = complaintOf(plant, its);
    if (complaint !== undefined) wrong.push(`${plant.what}: ${complaint}`);
  }
  for (const { what, text } of lookAlikes) {
    const mistaken = assets.filter(({ keys, evidence }) => [...keys, ...evidence.map(({ place }) => place)].some((each) => each.includes(text)));
    for (const { id, keys } of mistaken) wrong.push(`${what} was taken for ${id} (${keys.join(', ')})`);
  }
  // Clients, people and hosts are found with the servers that they have; only servers must have been planted one by one.
  const servers = assets.filter(({ kind }) => kind === 'server');
  const unplanted = servers.filter((asset) => !planted.has(asset));
  for (const { keys, evidence } of unplanted) wrong.push(`nobody planted ${keys.join(', ')}, seen at ${evidence[0]?.place ?? 'no place'}`);
  return { recall: share(found, plants.length), precision: share(servers.length - unplanted.length, servers.length), wrong };
}

function complaintOf(plant: Plant, its: readonly Asset[]): string | undefined {
  const [asset, ...others] = its;
  if (asset === undefined) return `not found (${plant.keys.join(', ')})`;
  if (others.length > 0) return `found ${its.length} times: ${its.map(({ keys }) => keys.join(' ')).join('; ')}`;
  const absent = plant.keys.filter((key) => !asset.keys.includes(key));
  if (absent.length > 0) return `found, but not known by ${absent.join(', ')}`;
  if (asset.kind !== plant.kind) return `found as a ${asset.kind}, which is a ${plant.kind}`;
  if (asset.confidence < plant.confidenceMin) return `found with ${asset.confidence} % of at least ${plant.confidenceMin} %`;
  return asset.sensors.includes(plant.by) ? undefined : `not seen by ${plant.by}, but by ${asset.sensors.join(', ')}`;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}
