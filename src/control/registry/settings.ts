import type { RegistryPolicy } from '../../registry/registry-shape.ts';
import { readRegistryPolicy } from '../../registry/registry-shape.ts';
import type { Rows } from '../../store/store.ts';
import { installationReader } from '../manifest/installation.ts';
import { readNetwork } from '../manifest/settings.ts';

/** How what is sanctioned is published. */
const readRegistry = installationReader('registry');

export interface RegistryInForce extends RegistryPolicy {
  /** Of the gate, without a slash at its end: what is published is reached there and nowhere else. */
  readonly gateUrl: string;
}

export async function registryInForce(rows: Rows): Promise<RegistryInForce> {
  const { publicUrl } = await readNetwork(rows);
  return { ...readRegistryPolicy(await readRegistry(rows), publicUrl), gateUrl: publicUrl.replace(/\/+$/, '') };
}
