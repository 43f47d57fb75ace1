import { createAddressGuard } from '../../upstream/address.ts';
import { createGuardedFetch } from '../../upstream/guarded-fetch.ts';
import type { Rows } from '../../store/store.ts';
import { readNetwork } from '../manifest/settings.ts';

const guard = createAddressGuard();
const NONE: ReadonlySet<string> = new Set();

/**
 * GETs what a stranger's URL names, through the SSRF guard: private addresses only where `network.internal` names them, or
 * an administrator declared the very host.
 */
export async function fetchDocument(rows: Rows, url: string, privateHosts = NONE, signal?: AbortSignal): Promise<Response> {
  const { listen: _, control: _door, ...network } = await readNetwork(rows);
  const until = signal === undefined ? {} : { signal };
  return createGuardedFetch({ guard, network, privateHosts, server: 'this client', ...until })(url, { headers: { accept: 'application/json' } });
}
