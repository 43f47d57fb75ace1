import type { RegistryPolicy } from '../../registry/registry-shape.ts';
import { readRegistryPolicy, REGISTRY_SHAPE } from '../../registry/registry-shape.ts';
import type { Rows } from '../../store/store.ts';
import { installationSetting } from '../manifest/installation.ts';
import { readNetwork } from '../manifest/settings.ts';

const SETTING = installationSetting('registry', REGISTRY_SHAPE);

/** How what is sanctioned is published. */
export const readRegistry = SETTING.read;
/** The installation's: clients know one registry of a company. */
export const writeRegistry = SETTING.write;

export interface RegistryInForce extends RegistryPolicy {
  /** Of the gate, without a slash at its end: what is published is reached there and nowhere else. */
  readonly gateUrl: string;
}

export async function registryInForce(rows: Rows): Promise<RegistryInForce> {
  const { publicUrl } = await readNetwork(rows);
  return { ...readRegistryPolicy(await readRegistry(rows), publicUrl), gateUrl: publicUrl.replace(/\/+$/, '') };
}
