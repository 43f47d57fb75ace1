import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { isLoopbackHost } from '../../domain/loopback.ts';
import type { Rows } from '../../store/store.ts';
import { NETWORK } from './schema.ts';
import type { Network } from './schema.ts';

const ID = 'network';
export const DEFAULT_NETWORK: Network = { listen: '127.0.0.1:7443', publicUrl: 'https://localhost:7443', internal: [], origins: [] };

export async function readNetwork(rows: Rows): Promise<Network> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return row === undefined ? DEFAULT_NETWORK : NETWORK.parse(row.body);
}

export async function writeNetwork(rows: Rows, network: Network, by: string): Promise<void> {
  await rows.put('setting', DEFAULT_SPACE, ID, network, { by });
}

/** Whether nobody beyond this machine can present a token: only then may one live longer than a day. */
export async function listensOnLoopback(rows: Rows): Promise<boolean> {
  const { listen } = await readNetwork(rows);
  return isLoopbackHost(listen.replace(/:\d+$/, ''));
}
